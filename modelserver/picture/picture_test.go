package picture_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/modelserver/picture"
)

// rgb is an opaque picture of width pixels a row.
func rgb(width int, pixels ...[3]uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, len(pixels)/width))
	for i, p := range pixels {
		img.Set(i%width, i/width, color.NRGBA{p[0], p[1], p[2], 255})
	}
	return img
}

func encodePNG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func render(tb testing.TB, data []byte, frame picture.Frame) []float32 {
	tb.Helper()
	file, err := picture.Open(data)
	if err != nil {
		tb.Fatal(err)
	}
	values, err := file.Render(frame)
	if err != nil {
		tb.Fatal(err)
	}
	return values
}

func TestRender(t *testing.T) {
	t.Parallel()
	red, green, blue, black := [3]uint8{255, 0, 0}, [3]uint8{0, 255, 0}, [3]uint8{0, 0, 255}, [3]uint8{0, 0, 0}
	glass := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	glass.Set(0, 0, color.NRGBA{200, 100, 0, 0})
	glass.Set(1, 0, color.NRGBA{0, 0, 0, 51})
	shifted := image.NewGray(image.Rect(3, 5, 5, 6))
	shifted.Set(3, 5, color.Gray{10})
	shifted.Set(4, 5, color.Gray{30})
	for _, c := range []struct {
		name  string
		img   image.Image
		frame picture.Frame
		want  []float32
	}{
		{"same size, channels last", rgb(2, red, green), picture.Frame{Width: 2, Height: 1, Channels: 3}, []float32{255, 0, 0, 0, 255, 0}},
		{
			"same size, channels first", rgb(2, red, green),
			picture.Frame{Width: 2, Height: 1, Channels: 3, ChannelsFirst: true},
			[]float32{255, 0, 0, 255, 0, 0},
		},
		{"mean of four", rgb(2, red, green, blue, black), picture.Frame{Width: 1, Height: 1, Channels: 3}, []float32{63.75, 63.75, 63.75}},
		{ // the pixel in the middle is shared by the two areas
			"three to two", rgb(3, [3]uint8{30}, [3]uint8{60}, [3]uint8{90}),
			picture.Frame{Width: 2, Height: 1, Channels: 3, ChannelsFirst: true},
			[]float32{40, 80, 0, 0, 0, 0},
		},
		{
			"three rows to two", rgb(1, [3]uint8{30}, [3]uint8{60}, [3]uint8{90}),
			picture.Frame{Width: 1, Height: 2, Channels: 3, ChannelsFirst: true},
			[]float32{40, 80, 0, 0, 0, 0},
		},
		{
			"two to three", rgb(2, [3]uint8{30}, [3]uint8{60}),
			picture.Frame{Width: 3, Height: 1, Channels: 3, ChannelsFirst: true},
			[]float32{30, 45, 60, 0, 0, 0, 0, 0, 0},
		},
		{"brightness", rgb(3, red, green, blue), picture.Frame{Width: 3, Height: 1, Channels: 1}, []float32{76.245, 149.685, 29.07}},
		{"on white", glass, picture.Frame{Width: 2, Height: 1, Channels: 1}, []float32{255, 204}},
		{"gray", shifted, picture.Frame{Width: 1, Height: 1, Channels: 3}, []float32{20, 20, 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, render(t, encodePNG(t, c.img), c.frame)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJPEG(t *testing.T) {
	t.Parallel()
	var pixels [][3]uint8
	for range 64 {
		pixels = append(pixels, [3]uint8{200, 100, 50})
	}
	got := render(t, encodeJPEG(t, rgb(8, pixels...)), picture.Frame{Width: 1, Height: 1, Channels: 3})
	for i, want := range []float64{200, 100, 50} {
		if math.Abs(float64(got[i])-want) > 3 {
			t.Errorf("channel %d is %v, want about %v", i, got[i], want)
		}
	}
}

// Averages of areas keep the average of the whole, whatever the sizes, and equal a computation pixel by pixel.
func TestRenderAgainstDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 7)
		width, height, toWidth, toHeight := side.Draw(t, "width"), side.Draw(t, "height"), side.Draw(t, "to width"), side.Draw(t, "to height")
		img := image.NewGray(image.Rect(0, 0, width, height))
		copy(img.Pix, rapid.SliceOfN(rapid.Byte(), width*height, width*height).Draw(t, "pixels"))
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		file, err := picture.Open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		got, err := file.Render(picture.Frame{Width: toWidth, Height: toHeight, Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if want := mean(img, i%toWidth, i/toWidth, toWidth, toHeight); math.Abs(float64(v)-want) > 1e-4 {
				t.Fatalf("pixel %d is %v, want %v", i, v, want)
			}
		}
	})
}

// mean cuts every pixel into toWidth x toHeight squares and averages those in the area of a pixel of the frame.
func mean(img *image.Gray, x, y, toWidth, toHeight int) float64 {
	sum, size := 0, img.Rect.Size()
	for v := y * size.Y; v < (y+1)*size.Y; v++ {
		for u := x * size.X; u < (x+1)*size.X; u++ {
			sum += int(img.GrayAt(u/toWidth, v/toHeight).Y)
		}
	}
	return float64(sum) / float64(size.X*size.Y)
}

func TestOpenBase64(t *testing.T) {
	t.Parallel()
	data := append(encodePNG(t, rgb(1, [3]uint8{250, 251, 252})), "\xfb\xef\xbe\x00\xfb\xef\xbe\x00\xfb\xef\xbe\xff\xff\xff\xff"...) // behind the end
	std := base64.StdEncoding.EncodeToString(data)
	jpegText := base64.StdEncoding.EncodeToString(encodeJPEG(t, rgb(1, [3]uint8{1, 2, 3})))
	if !strings.Contains(std, "+") || !strings.Contains(std, "/") {
		t.Fatal("the two alphabets do not differ in this picture")
	}
	for name, text := range map[string]string{
		"plain":      string(data),
		"standard":   std,
		"unpadded":   strings.TrimRight(std, "="),
		"URL":        base64.URLEncoding.EncodeToString(data),
		"lines":      std[:20] + "\r\n" + std[20:40] + "\n" + std[40:] + "\n",
		"data: URL":  "data:image/png;base64," + std,
		"JPEG":       jpegText,
		"JPEG + URL": "data:image/jpeg;base64," + jpegText,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := picture.Open([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if file.Width != 1 || file.Height != 1 || file.Pixels() != 1 {
				t.Errorf("got %d x %d", file.Width, file.Height)
			}
			if _, err := file.Render(picture.Frame{Width: 1, Height: 1, Channels: 3}); err != nil {
				t.Error(err)
			}
		})
	}
}

// header is a PNG file of those dimensions that ends after its header.
func header(tb testing.TB, width, height uint32) []byte {
	tb.Helper()
	data := encodePNG(tb, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black}))
	return patchSize(data, width, height)
}

func TestOpenFaults(t *testing.T) {
	t.Parallel()
	whole := encodePNG(t, rgb(1, [3]uint8{}))
	for _, c := range []struct {
		name, data, want string
		isFormat         bool
	}{
		{"empty", "", "0 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true},
		{"text", "a dog", "5 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true},
		{"GIF", "GIF89a....", "10 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true},
		{"base64 of text", "YSBkb2cgYW5kIGEgY2F0IGFuZCBhIG1vdXNl", "36 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true},
		{
			"base64 that breaks", base64.StdEncoding.EncodeToString(whole)[:40] + "!!!!",
			"44 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true,
		},
		{"data: URL without comma", "data:image/png;base64", "21 bytes that are neither a PNG nor a JPEG file, nor the base64 text of one", true},
		{"PNG cut in its header", string(whole[:20]), "PNG: unexpected EOF", false},
		{"JPEG cut in its header", "\xff\xd8\xff\xe0", "JPEG: unexpected EOF", false},
		{"a long side", string(header(t, 1<<16+1, 1)), "PNG header: 65537 x 1 pixels: each side takes 1 to 65536", false},
		{ // the memory for these pixels would be 1 GiB
			"a header that lies", string(header(t, 1<<15, 1<<15)), "PNG of 32768 x 32768 pixels in 86 bytes: the file breaks off", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := picture.Open([]byte(c.data))
			if err == nil || err.Error() != c.want || errors.Is(err, picture.ErrFormat) != c.isFormat {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestRenderFaults(t *testing.T) {
	t.Parallel()
	whole := encodePNG(t, rgb(1, [3]uint8{}))
	cut, err := picture.Open(whole[:len(whole)-20])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cut.Render(picture.Frame{Width: 1, Height: 1, Channels: 3}); err == nil || err.Error() != "PNG: invalid format: unexpected EOF" {
		t.Errorf("a file that is cut off: got error %v", err)
	}
	file, err := picture.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range []picture.Frame{
		{}, {Width: 1, Height: 1, Channels: 2}, {Width: -1, Height: 1, Channels: 3}, {Width: 1, Height: 1 << 20, Channels: 3},
	} {
		if _, err := file.Render(frame); err == nil {
			t.Errorf("frame %+v: no error", frame)
		}
	}
}

// FuzzImage: any bytes give an error or a frame of values between 0 and 255.
func FuzzImage(f *testing.F) {
	small := rgb(2, [3]uint8{1, 2, 3}, [3]uint8{4, 5, 6}, [3]uint8{7, 8, 9}, [3]uint8{200, 100, 50})
	f.Add(encodePNG(f, small))
	f.Add(encodeJPEG(f, small))
	f.Add([]byte(base64.StdEncoding.EncodeToString(encodePNG(f, small))))
	f.Add(header(f, 1<<15, 1<<15))
	f.Add([]byte("data:image/png;base64,iVBORw0KGgo="))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := picture.Open(data)
		if err != nil || file.Pixels() > 1<<16 {
			return
		}
		frame := picture.Frame{Width: 3, Height: 2, Channels: 3}
		values, err := file.Render(frame)
		if err != nil {
			return
		}
		if len(values) != frame.Values() {
			t.Fatalf("%d values", len(values))
		}
		for _, v := range values {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("value %v", v)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	img := image.NewNRGBA(image.Rect(0, 0, 1024, 768))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	for name, data := range map[string][]byte{"PNG": encodePNG(b, img), "JPEG": encodeJPEG(b, img)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				render(b, data, picture.Frame{Width: 224, Height: 224, Channels: 3, ChannelsFirst: true})
			}
		})
	}
}
