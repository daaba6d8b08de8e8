package picture

import "fmt"

// Frame is the image that a network sees.
type Frame struct {
	Width, Height int
	Channels      int  // 3: red, green, blue; 1: brightness, as of Rec. 601
	ChannelsFirst bool // [channel, row, column] (NCHW); otherwise [row, column, channel] (NHWC)
}

// Values is how many numbers an image of f has.
func (f Frame) Values() int { return f.Width * f.Height * f.Channels }

// maxSide is about the longest side that a JPEG file can have. It bounds the memory that one line takes.
const maxSide = 1 << 16

func (f Frame) check() error {
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide {
		return fmt.Errorf("a frame of %d x %d pixels: each side takes 1 to %d", f.Width, f.Height, maxSide)
	}
	if f.Channels != 1 && f.Channels != 3 {
		return fmt.Errorf("a frame of %d channels: there are frames of 1 and 3", f.Channels)
	}
	return nil
}

// values puts the means of areas into the order of f.
func (f Frame) values(areas *areas) []float32 {
	values := make([]float32, f.Values())
	pixelStride, channelStride := f.Channels, 1
	if f.ChannelsFirst {
		pixelStride, channelStride = 1, f.Width*f.Height
	}
	for i, sum := range areas.sums {
		to := i * pixelStride
		if f.Channels == 1 {
			values[to] = areas.mean(299*sum[0]+587*sum[1]+114*sum[2]) / 1000
			continue
		}
		for channel, s := range sum {
			values[to+channel*channelStride] = areas.mean(s)
		}
	}
	return values
}
