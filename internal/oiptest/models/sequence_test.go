package models_test

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
)

func inSequence(id any, start, end bool) infer.Head {
	return infer.Head{Parameters: infer.Parameters{{Key: "sequence_id", Value: id}, {Key: "sequence_start", Value: start}, {Key: "sequence_end", Value: end}}}
}

func one(value int32) infer.TensorData { return input("INPUT", infer.Shape{1, 1}, value) }

// What the examples of Triton's client expect of the three models.
func TestSequencesOfTheExamples(t *testing.T) {
	t.Parallel()
	values := []int32{11, 7, 5, 3, 2, 0, 1}
	for _, c := range []struct {
		model string
		id    any
		want  []int32
	}{
		{"simple_sequence", int64(1000), []int32{1, 11, 7, 5, 3, 2, 0, 1}},
		{"simple_sequence", "a text", []int32{1, 11, 7, 5, 3, 2, 0, 1}},
		{"simple_dyna_sequence", int64(1000), []int32{1, 11, 7, 5, 3, 2, 0, 1001}},
		{"simple_string_dyna_sequence", "1002", []int32{0, 11, 18, 23, 26, 28, 28, 1031}},
	} {
		m := model(t, c.model)
		for i, v := range append([]int32{0}, values...) {
			resp, err := ask(t, m, inSequence(c.id, i == 0, i == len(values)), nil, one(v))
			wants(t, resp, err, input("OUTPUT", infer.Shape{1, 1}, c.want[i]))
		}
		_, err := ask(t, m, inSequence(c.id, false, false), nil, one(1))
		fails(t, err, codes.InvalidArgument)
	}
}

func TestSequencesAreToldApart(t *testing.T) {
	t.Parallel()
	m := model(t, "sequence")
	told := func(id any, start bool, value int32) (*infer.Response, error) {
		return ask(t, m, inSequence(id, start, false), []infer.RequestedOutput{{Name: "OUTPUT"}}, one(value))
	}
	for _, step := range []struct {
		id    any
		start bool
		value int32
		want  int32
	}{{int64(1), true, 5, 5}, {int64(2), true, 7, 7}, {int64(1), false, 1, 6}, {int64(2), false, 1, 8}, {int64(1), true, 3, 3}} {
		resp, err := told(step.id, step.start, step.value)
		begun := int32(0)
		if step.start {
			begun = 1
		}
		wants(t, resp, err, input("OUTPUT", infer.Shape{1, 3}, step.want, begun, 0))
	}
}

func TestSequencesNeedAnIDAndABeginning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		head  infer.Head
		input infer.TensorData
	}{
		"no id":           {"simple_sequence", infer.Head{}, one(1)},
		"id 0":            {"simple_sequence", inSequence(int64(0), true, false), one(1)},
		"an empty id":     {"simple_sequence", inSequence("", true, false), one(1)},
		"id of no kind":   {"simple_sequence", inSequence(1.5, true, false), one(1)},
		"no beginning":    {"simple_sequence", inSequence(int64(1), false, false), one(1)},
		"a text":          {"simple_dyna_sequence", inSequence("1", true, false), one(1)},
		"a number":        {"simple_string_dyna_sequence", inSequence(int64(1), true, false), one(1)},
		"more than a row": {"simple_sequence", inSequence(int64(1), true, false), input("INPUT", infer.Shape{2, 1}, int32(1), 2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(t, model(t, c.model), c.head, nil, c.input)
			fails(t, err, codes.InvalidArgument)
		})
	}
}

func TestIdleSequencesAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := model(t, "simple_sequence")
		begin := func(m *models.Model, start bool) error {
			_, err := ask(t, m, inSequence(int64(1), start, false), nil, one(1))
			return err
		}
		if err := begin(m, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := begin(m, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + time.Second)
		fails(t, begin(m, false), codes.InvalidArgument)
	})
}
