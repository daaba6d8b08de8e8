package infer

// ViewParts tells what a reader of a message's document can see, so that nothing else is rendered.
type ViewParts struct {
	Data bool // inputs or outputs have a data key
	Rows bool // instances or predictions, the rows of the same tensors, are there
}

// View appends the JSON document of m to dst: what the conditions of a graph are tested on. Reading a message in JSON is no
// business of this package nor of a graph, so whoever assembles the two hands it over; infer/tensorjson has it.
type View func(dst []byte, m Message, parts ViewParts) ([]byte, error)
