// Package transparency sends operations to a model server directly and through the gateway, and compares everything that a client can
// see: status or code, the headers that clients read, every member of every answer, tensor bytes, and the events of streams in their
// order. What may differ is declared, with a reason; a declared difference that no longer occurs is a fault, too.
//
// An [Operation] observes a [Target]; two [Observation]s of one operation are compared member by member.
package transparency
