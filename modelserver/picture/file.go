package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
)

// ErrFormat is wrapped by the errors of [Open] about data that are neither PNG nor JPEG, nor the base64 text of one.
var ErrFormat = errors.New("neither a PNG nor a JPEG file, nor the base64 text of one")

// format is a kind of file that can be read.
type format struct {
	name   string
	magic  string
	header func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)

	// density is how many pixels a byte of the file can hold at most. A header that claims more lies, and is not worth the
	// memory that it asks for.
	density int
}

// formats are told apart by their first bytes. Deflate packs at most 1032 bytes in one, and a byte holds 8 pixels of one bit;
// JPEG spends at least one bit on a block of 8 x 8 pixels.
var formats = []format{
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, 8 * 1032},
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, 8 * 64},
}

// fault names the format in an error of its reader, which does that only sometimes.
func (f *format) fault(err error) error {
	return errors.New(f.name + ": " + strings.TrimPrefix(err.Error(), strings.ToLower(f.name)+": "))
}

// longestMagic is the bytes that tell a format.
const longestMagic = 8

func formatOf(data []byte) *format {
	for i := range formats {
		if bytes.HasPrefix(data, []byte(formats[i].magic)) {
			return &formats[i]
		}
	}
	return nil
}

// File is a picture whose header was read.
type File struct {
	Width, Height int // 1 to 65536

	format *format
	data   []byte
}

// Open reads the header of a PNG or JPEG file, or of one in base64 text: standard or URL alphabet, padded or not, in one line
// or many, alone or as a data: URL. It keeps data until the File is forgotten. Errors wrap [ErrFormat] when data are something
// else.
func Open(data []byte) (*File, error) {
	data, f := unwrap(data)
	if f == nil {
		return nil, fmt.Errorf("%d bytes that are %w", len(data), ErrFormat)
	}
	c, err := f.header(bytes.NewReader(data))
	if err != nil {
		return nil, f.fault(err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return nil, fmt.Errorf("%s header: %d x %d pixels: each side takes 1 to %d", f.name, c.Width, c.Height, maxSide)
	}
	file := &File{Width: c.Width, Height: c.Height, format: f, data: data}
	if file.Pixels()/len(data) > f.density {
		return nil, fmt.Errorf("%s of %d x %d pixels in %d bytes: the file breaks off", f.name, c.Width, c.Height, len(data))
	}
	return file, nil
}

// Pixels is Width times Height, at most 2^32.
func (f *File) Pixels() int { return f.Width * f.Height }

// Render decodes the picture and returns f.Values() numbers from 0 to 255, row-major in the order of frame.
func (f *File) Render(frame Frame) ([]float32, error) {
	if err := frame.check(); err != nil {
		return nil, err
	}
	img, err := f.format.decode(bytes.NewReader(f.data))
	if err != nil {
		return nil, f.format.fault(err)
	}
	if size := img.Bounds().Size(); size.X != f.Width || size.Y != f.Height {
		return nil, fmt.Errorf("%s: %v pixels, the header says %d x %d", f.format.name, size, f.Width, f.Height)
	}
	return frame.values(shrink(img, frame.Width, frame.Height)), nil
}
