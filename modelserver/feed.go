package modelserver

import (
	"context"
	"slices"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// feed is an input of a request on its way into the network: its shape is checked, its data are not yet taken out.
type feed struct {
	declared *tensor
	sent     *infer.Tensor
	shape    infer.Shape // of the declared tensor, with the batch axis
	pictures bool        // sent holds PNG and JPEG files
}

// feeds checks a request's inputs, in the order of the signature. Errors are INVALID_ARGUMENT and name the tensor.
func (s *signature) feeds(req *infer.Request) ([]feed, error) {
	sent := req.Tensors()
	if err := s.checkNames(sent); err != nil {
		return nil, err
	}
	feeds := make([]feed, len(s.inputs))
	for i := range s.inputs {
		at := slices.IndexFunc(sent, func(t infer.Tensor) bool { return t.Name == s.inputs[i].name })
		f, err := s.newFeed(i, &sent[at])
		if err != nil {
			return nil, err
		}
		feeds[i] = f
	}
	return feeds, s.checkRows(feeds)
}

// checkNames wants the names sent, each of which is there once, to be those of the inputs.
func (s *signature) checkNames(sent []infer.Tensor) error {
	var got, missing, unexpected []string
	for i := range sent {
		got = append(got, sent[i].Name)
		if !slices.ContainsFunc(s.inputs, named(sent[i].Name)) {
			unexpected = append(unexpected, sent[i].Name)
		}
	}
	for i := range s.inputs {
		if !slices.Contains(got, s.inputs[i].name) {
			missing = append(missing, s.inputs[i].name)
		}
	}
	switch {
	case len(missing) > 0:
		return invalid("expected %d inputs but got %d: got %q, missing %q", len(s.inputs), len(got), bounded(got), missing)
	case len(unexpected) > 0:
		return invalid("expected %d inputs but got %d: unexpected %q, the model takes %q",
			len(s.inputs), len(got), bounded(unexpected), names(s.inputs))
	}
	return nil
}

// bounded keeps what a message repeats of a request short.
func bounded(list []string) []string {
	const most, longest = 16, 100
	list = slices.Clone(list[:min(len(list), most)])
	for i, name := range list {
		if len(name) > longest {
			list[i] = name[:longest] + "…"
		}
	}
	return list
}

func names(tensors []tensor) []string {
	list := make([]string, len(tensors))
	for i := range tensors {
		list[i] = tensors[i].name
	}
	return list
}

func (s *signature) newFeed(input int, t *infer.Tensor) (feed, error) {
	f := feed{declared: &s.inputs[input], sent: t, shape: t.Shape}
	takesPictures := s.pictures != nil && s.pictures.input == input
	switch {
	case t.DataType == f.declared.dataType:
	case takesPictures && t.DataType == infer.Bytes:
		f.pictures = true
		var err error
		if f.shape, err = s.pictures.shape(t, s); err != nil {
			return f, err
		}
	case takesPictures:
		return f, invalid("input %q is %s, the model takes %s, or BYTES that hold PNG or JPEG files",
			t.Name, t.DataType, f.declared.dataType)
	default:
		return f, invalid("input %q is %s, the model takes %s", t.Name, t.DataType, f.declared.dataType)
	}
	return f, s.checkShape(&f)
}

// checkShape wants the shape to be the declared one, the batch to be small enough, and no dimension to be zero: a network
// computes nothing from nothing.
func (s *signature) checkShape(f *feed) error {
	expected := withBatch(f.declared.dims, s.maxBatch > 0)
	if !f.shape.Matches(expected) {
		return invalid("input %q has shape %v, expected %v", f.sent.Name, f.shape, expected)
	}
	if s.maxBatch > 0 && f.shape[0] > int64(s.maxBatch) {
		return invalid("input %q has a batch of %d, the most is %d; send the rows in several requests",
			f.sent.Name, f.shape[0], s.maxBatch)
	}
	if slices.Contains(f.shape, 0) {
		return invalid("input %q has shape %v: it is empty; send at least one element", f.sent.Name, f.shape)
	}
	return nil
}

// checkRows wants all inputs to have batches of one size.
func (s *signature) checkRows(feeds []feed) error {
	if s.maxBatch == 0 {
		return nil
	}
	for i := range feeds {
		if a, b := &feeds[0], &feeds[i]; a.shape[0] != b.shape[0] {
			return invalid("input %q has a batch of %d, input %q one of %d; a row of each belongs together",
				a.sent.Name, a.shape[0], b.sent.Name, b.shape[0])
		}
	}
	return nil
}

// rows is the size of the batch, 0 without one.
func (s *signature) rows(feeds []feed) int {
	if s.maxBatch == 0 || len(feeds) == 0 {
		return 0
	}
	return int(feeds[0].shape[0])
}

// tensors takes the data out and gives them the shapes that the network wants.
func (s *signature) tensors(ctx context.Context, feeds []feed, maxPixels int) ([]onnx.Tensor, error) {
	list := make([]onnx.Tensor, len(feeds))
	for i := range feeds {
		f := &feeds[i]
		data, err := s.data(ctx, f, maxPixels)
		if err != nil {
			return nil, err
		}
		list[i] = onnx.Tensor{
			Name: f.declared.name, DataType: string(f.declared.dataType),
			Shape: s.refit(f.shape, f.declared.dims, f.declared.inner), Data: data,
		}
	}
	return list, nil
}

func (s *signature) data(ctx context.Context, f *feed, maxPixels int) ([]byte, error) {
	if !f.pictures {
		return f.sent.Bytes()
	}
	files, err := s.pictures.open(f.sent, maxPixels)
	if err != nil {
		return nil, err
	}
	return s.pictures.render(ctx, f.declared.name, f.declared.dataType, files)
}

// refit turns a shape of pattern from into one of pattern to; the batch axis stays.
func (s *signature) refit(shape, from, to infer.Shape) infer.Shape {
	if s.maxBatch == 0 {
		return fill(to, from, shape)
	}
	return append(infer.Shape{shape[0]}, fill(to, from, shape[1:])...)
}
