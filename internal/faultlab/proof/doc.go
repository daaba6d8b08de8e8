// Package proof is what a call of the fault laboratory carries, and what a model server of it answers, so that an answer that is wrong,
// that belongs to another call, or that was given twice is found: the request has an id and a payload, the answer both of them, a sum
// over them, and which execution of which server it was. Package rogue answers with it, package load checks it.
package proof
