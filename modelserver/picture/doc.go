// Package picture turns PNG and JPEG files into the numbers of an image tensor.
//
//	file, err := picture.Open(data) // reads the header only
//	if err != nil {
//		return err
//	}
//	if file.Pixels() > limit {
//		return errTooLarge
//	}
//	values, err := file.Render(picture.Frame{Width: 32, Height: 32, Channels: 3, ChannelsFirst: true})
//
// A picture is stretched to the frame, whatever its proportions, by averaging over the area that each pixel of the frame
// covers; transparent parts lie on white. Values are the file's own sRGB values, 0 to 255; orientation marks (EXIF) and colour
// profiles are not looked at.
//
// Decoding takes memory in proportion to the pixels that the header claims, up to 8 bytes each (12 for a progressive JPEG), so
// whoever opens a stranger's file looks at Pixels before Render.
package picture
