// Package classification turns scores into classes: an output of numbers becomes the BYTES texts value:index:label of its highest
// elements. A client asks for it with the parameter classification of a requested output. Servers that do not know it get it from
// here, as do embedded models and graphs:
//
//	wanted, err := classification.Wanted(outputs) // of the request
//	…
//	resp, err = classification.Apply(resp, orders) // takes resp over
//
// Source: Triton, "Classification Extension".
package classification
