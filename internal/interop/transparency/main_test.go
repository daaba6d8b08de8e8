package transparency

import (
	"os"
	"testing"

	"github.com/manifold-serving/manifold/internal/interop"
)

var lab *interop.Lab

func TestMain(m *testing.M) {
	os.Exit(interop.Main(m, func(l *interop.Lab) { lab = l }))
}
