package modelserver

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/picture"
)

// pictures is the input that takes PNG and JPEG files beside numbers.
type pictures struct {
	input int
	frame picture.Frame
	count int64 // how many go in without a batch axis: -1 any, 0 when there is no axis for it and one goes in
}

// newPictures resolves the parameter manifold_image_input; nil when it is not given.
func newPictures(config *inferencepb.ModelConfig, s *signature) (*pictures, error) {
	name := parameter(config, imageInput)
	if name == "" {
		return nil, nil //nolint:nilnil // there is none, and that is fine
	}
	at := slices.IndexFunc(s.inputs, named(name))
	if at < 0 {
		return nil, fmt.Errorf("%s: there is no input %q", imageInput, name)
	}
	v := &s.inputs[at]
	if v.dataType != infer.FP32 && v.dataType != infer.Uint8 {
		return nil, fmt.Errorf("%s: input %q is %s; pictures become %s or %s", imageInput, name, v.dataType, infer.FP32, infer.Uint8)
	}
	p := &pictures{input: at}
	image := v.dims
	if s.maxBatch == 0 && len(image) == 4 {
		p.count, image = image[0], image[1:]
	}
	var ok bool
	if p.frame, ok = newFrame(image, config.GetInput()[at].GetFormat()); !ok {
		return nil, fmt.Errorf("%s: dims %v of input %q are no image: give channels (1 or 3), height and width as fixed "+
			"sizes, or height, width and channels, and with both orders possible a format", imageInput, v.dims, name)
	}
	return p, nil
}

// newFrame reads the sizes of an image: [channels,height,width] or [height,width,channels], as format says or as fits.
func newFrame(dims infer.Shape, format inferencepb.ModelInput_Format) (picture.Frame, bool) {
	if elements, ok := dims.Elements(); len(dims) != 3 || !ok || elements > math.MaxInt32 {
		return picture.Frame{}, false
	}
	colours := func(d int64) bool { return d == 1 || d == 3 }
	first := colours(dims[0]) && format != inferencepb.ModelInput_FORMAT_NHWC
	last := colours(dims[2]) && format != inferencepb.ModelInput_FORMAT_NCHW
	a, b, c := int(dims[0]), int(dims[1]), int(dims[2])
	if last && !first {
		return picture.Frame{Height: a, Width: b, Channels: c}, true
	}
	return picture.Frame{Channels: a, Height: b, Width: c, ChannelsFirst: true}, first
}

// shape is the shape that the input has when files come in t: one file an element, all in the first axis.
func (p *pictures) shape(t *infer.Tensor, s *signature) (infer.Shape, error) {
	n, err := t.Elements()
	if err != nil {
		return nil, err
	}
	if len(t.Shape) > 0 && t.Shape[0] != int64(n) {
		return nil, invalid("input %q has shape %v; pictures come as BYTES of shape [N] or [N,1]", t.Name, t.Shape)
	}
	dims := s.inputs[p.input].dims
	switch {
	case s.maxBatch > 0:
		return append(infer.Shape{int64(n)}, dims...), nil
	case p.count != 0:
		return append(infer.Shape{int64(n)}, dims[1:]...), nil
	case n != 1:
		return nil, invalid("input %q has %d pictures; the model takes one at a time", t.Name, n)
	}
	return dims, nil
}

// open reads the headers of the files in t, and adds their pixels up before anything is decoded. A small picture counts as many
// pixels as it is blown up to.
func (p *pictures) open(t *infer.Tensor, maxPixels int) ([]*picture.File, error) {
	raw, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	var files []*picture.File
	left := maxPixels
	for len(raw) >= 4 { // Validate has seen to it that lengths are right
		size := binary.LittleEndian.Uint32(raw)
		file, err := picture.Open(raw[4:][:size])
		if err != nil {
			return nil, invalid("input %q: picture %d: %w", t.Name, len(files), err)
		}
		if left -= max(file.Pixels(), p.frame.Width*p.frame.Height); left < 0 {
			return nil, invalid("input %q: picture %d of %d x %d pixels: a request may have %d pixels in all; send smaller "+
				"pictures, or fewer", t.Name, len(files), file.Width, file.Height, maxPixels)
		}
		files, raw = append(files, file), raw[4+size:]
	}
	return files, nil
}

// render decodes files into the raw form of a tensor of type d.
func (p *pictures) render(ctx context.Context, name string, d infer.DataType, files []*picture.File) ([]byte, error) {
	data := make([]byte, 0, len(files)*p.frame.Values()*d.Size())
	for i, file := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		values, err := file.Render(p.frame)
		if err != nil {
			return nil, invalid("input %q: picture %d: %w", name, i, err)
		}
		for _, v := range values {
			if d == infer.Uint8 {
				data = append(data, uint8(v+0.5))
				continue
			}
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	return data, nil
}

// invalid is a client's fault.
func invalid(format string, args ...any) error {
	return infer.Errorf(codes.InvalidArgument, format, args...)
}
