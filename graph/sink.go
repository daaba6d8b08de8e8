package graph

import "github.com/manifold-serving/manifold/infer"

// sink takes the replies of a stream on their way to the client.
type sink struct {
	yield      func(infer.Reply) error // owns the reply; its error ends the stream
	emptyFinal bool                    // the client wants to be told when a model is done that may answer other than once
}

// once gives the sink an answer that is a single response.
func (s sink) once(resp *infer.Response) error {
	return s.yield(infer.Reply{Response: resp.Final(true)})
}
