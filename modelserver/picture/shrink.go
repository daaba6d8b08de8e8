package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// areas holds, for each pixel of a shrunk image in row-major order, the sum of red, green and blue over the area of the
// original that it covers. The unit of area is such that everything is a whole number: an original pixel is (to width) x (to
// height) units large. So nothing is rounded before mean.
type areas struct {
	sums [][3]int64
	unit int64 // area of one pixel of the shrunk image: original width x height
}

func (a *areas) mean(sum int64) float32 { return float32(float64(sum) / float64(a.unit)) }

// shrink averages img over the areas of width x height equal pixels. An enlarged image comes out in squares, for the same
// reason.
func shrink(img image.Image, width, height int) *areas {
	from := img.Bounds()
	a := &areas{sums: make([][3]int64, width*height), unit: int64(from.Dx()) * int64(from.Dy())}
	white := image.NewUniform(color.White)
	row := image.NewRGBA(image.Rect(0, 0, from.Dx(), 1))
	sums, columns := make([][3]int64, width), overlaps(from.Dx(), width)
	done := -1 // the row that sums are of
	for _, o := range overlaps(from.Dy(), height) {
		if o.from != done {
			done = o.from
			draw.Draw(row, row.Rect, white, image.Point{}, draw.Src)
			draw.Draw(row, row.Rect, img, image.Pt(from.Min.X, from.Min.Y+o.from), draw.Over)
			addRow(sums, row.Pix, columns)
		}
		for i, s := range sums {
			to := &a.sums[o.to*width+i]
			to[0], to[1], to[2] = to[0]+s[0]*o.units, to[1]+s[1]*o.units, to[2]+s[2]*o.units
		}
	}
	return a
}

// addRow makes sums those of a row of RGBA pixels.
func addRow(sums [][3]int64, pixels []uint8, columns []overlap) {
	clear(sums)
	for _, o := range columns {
		p, to := pixels[4*o.from:][:3], &sums[o.to]
		to[0] += int64(p[0]) * o.units
		to[1] += int64(p[1]) * o.units
		to[2] += int64(p[2]) * o.units
	}
}

// overlap is how much of a line pixel from of the original and pixel to of the shrunk image share.
type overlap struct {
	from, to int
	units    int64
}

// overlaps cuts a line of n pixels in m equal parts, and lists what shares anything, in order. The line is n*m units long: a
// pixel m, a part n.
func overlaps(n, m int) []overlap {
	list := make([]overlap, 0, n+m)
	for at := 0; at < n*m; {
		o := overlap{from: at / m, to: at / n}
		end := min((o.from+1)*m, (o.to+1)*n)
		o.units = int64(end - at)
		list, at = append(list, o), end
	}
	return list
}
