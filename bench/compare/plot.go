package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// plot is a line chart with logarithmic axes.
type plot struct {
	title, x, y string
	lines       []line
	ticks       []tick
}

type line struct {
	name   string
	points [][2]float64
}

type tick struct {
	at   float64
	text string
}

// plotAll draws what gRPC costs against the payload and against the requests in flight.
func plotAll(folder string, results []result) error {
	payload := plot{title: "CPU of a request over gRPC, 16 in flight (200 MiB: 1)", x: "bytes of the tensor", y: "CPU, microseconds"}
	inflight := plot{title: "CPU of a request over gRPC, 4 KiB", x: "requests in flight", y: "CPU, microseconds"}
	for _, r := range results {
		if !strings.HasPrefix(r.cell.name, "gRPC") {
			continue
		}
		at := float64(r.cell.payload)
		if r.cell.inflight == 16 || r.cell.payload == 200*mib {
			payload.add(r, at, strings.TrimPrefix(strings.Split(r.cell.name, " x ")[0], "gRPC "))
		}
		if r.cell.payload == 4*kib {
			inflight.add(r, float64(r.cell.inflight), strconv.Itoa(r.cell.inflight))
		}
	}
	return errors.Join(payload.write(filepath.Join(folder, "cost-payload.svg")), inflight.write(filepath.Join(folder, "cost-inflight.svg")))
}

func (p *plot) add(r result, at float64, label string) {
	p.ticks = append(p.ticks, tick{at, label})
	for _, name := range r.cell.targets {
		costs := r.costs(name)
		if name == direct || name == twin || len(costs) == 0 {
			continue
		}
		i := slices.IndexFunc(p.lines, func(l line) bool { return l.name == name })
		if i < 0 {
			p.lines = append(p.lines, line{name: name})
			i = len(p.lines) - 1
		}
		p.lines[i].points = append(p.lines[i].points, [2]float64{at, spreadOf(costs).median})
	}
}

// The picture's measures, in pixels.
const (
	width, height = 720.0, 420.0
	left, right   = 80.0, 140.0
	top, bottom   = 50.0, 60.0
)

var colours = []string{"#0b6e4f", "#b3001b", "#1f4e9c", "#8a5a00", "#5b2a86"}

func (p *plot) write(file string) error {
	if len(p.lines) == 0 || len(p.ticks) < 2 {
		return nil
	}
	return os.WriteFile(file, []byte(p.svg()), 0o600)
}

func (p *plot) svg() string {
	var xs, ys []float64
	for _, l := range p.lines {
		for _, point := range l.points {
			xs, ys = append(xs, point[0]), append(ys, point[1])
		}
	}
	x := scale(slices.Min(xs), slices.Max(xs), left, width-right)
	low, high := math.Pow(10, math.Floor(math.Log10(slices.Min(ys)))), math.Pow(10, math.Ceil(math.Log10(slices.Max(ys))))
	y := scale(low, high, height-bottom, top)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="white"/><text x="%g" y="24" font-size="15">%s</text>`+"\n", width, height, left, p.title)
	for v := low; v <= high*1.01; v *= 10 {
		fmt.Fprintf(&b, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, width-right, y(v), y(v), left-8, y(v)+4, v)
	}
	for _, t := range p.ticks {
		fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="middle">%s</text>`+"\n", x(t.at), height-bottom+20, t.text)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">%s</text><text transform="translate(20 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n",
		(left+width-right)/2, height-15, p.x, height/2, p.y)
	p.draw(&b, x, y)
	return b.String() + "</svg>\n"
}

func (p *plot) draw(b *strings.Builder, x, y func(float64) float64) {
	for i, l := range p.lines {
		colour := colours[i%len(colours)]
		slices.SortFunc(l.points, func(a, c [2]float64) int { return cmp.Compare(a[0], c[0]) })
		var path strings.Builder
		for _, point := range l.points {
			fmt.Fprintf(&path, "%.1f,%.1f ", x(point[0]), y(point[1]))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(point[0]), y(point[1]), colour)
		}
		last := l.points[len(l.points)-1]
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n",
			path.String(), colour, width-right+10, y(last[1])+4, colour, l.name)
	}
}

// scale maps [low,high] onto [from,to], logarithmically.
func scale(low, high, from, to float64) func(float64) float64 {
	span := math.Log(high / low)
	return func(v float64) float64 { return from + (to-from)*math.Log(v/low)/span }
}
