// Package balance chooses the endpoint of a model server that takes a call, and takes endpoints out that do not do as the others do.
//
//	lease, err := set.Take(balance.Call{Model: "resnet", Repeatable: true})
//	if err != nil {
//		return err // nowhere to go
//	}
//	answer, err := lease.Endpoint.Link.Infer(ctx, request)
//	lease.Done(balance.Answered)
//
// A [Set] has the endpoints of one server. It knows of them what their calls have shown: how long answers take, model by model, what is
// in flight since when, and what failed. Ejection is relative: nothing is held against an endpoint that all endpoints do, so that
// neither a server that is down as a whole nor a gateway that stands still itself takes endpoints away.
//
// The package knows no transport: a [Link] says whether there is a connection. All time is that of package time, so that a test can run
// in a testing/synctest bubble.
package balance
