//go:build proof

package tensorjson

import (
	"math"
	"testing"
)

// TestEveryFloat32 writes all 2^32 FP32 as strconv writes them, and reads each back. It takes a quarter of an hour or so.
func TestEveryFloat32(t *testing.T) {
	t.Parallel()
	eachWorker(func(worker, workers int) {
		c := comparison{T: t}
		for b := uint64(worker); b <= math.MaxUint32; b += uint64(workers) {
			if f := math.Float32frombits(uint32(b)); f != f || math.IsInf(float64(f), 0) {
				continue
			}
			if !c.float32(uint32(b)) {
				return
			}
			d, ok := scanDecimal(c.got, 0)
			back, fits := d.float32(c.got)
			if !ok || !fits || math.Float32bits(back) != uint32(b) || !samePlainFloat32(t, c.got) {
				t.Errorf("%08x: %s reads back as %08x", b, c.got, math.Float32bits(back))
				return
			}
		}
	})
}
