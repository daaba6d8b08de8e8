package models

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// echoes answers INPUT, and one more on the first request of a sequence. Source: simple_sequence of Triton's examples.
func echoes(_ context.Context, c *call) ([]infer.TensorData, error) {
	return c.stepped(func(_ *state, value int32) (int32, error) {
		if c.sequence.start {
			value++
		}
		return value, nil
	})
}

// echoesWithID is echoes, with the sequence's id on top of the last answer. Source: simple_dyna_sequence of Triton's examples.
func echoesWithID(_ context.Context, c *call) ([]infer.TensorData, error) {
	return c.stepped(func(_ *state, value int32) (int32, error) {
		if c.sequence.start {
			value++
		}
		if c.sequence.end {
			value += int32(c.sequence.id.(uint64))
		}
		return value, nil
	})
}

// sumsWithID answers the sum of a sequence so far, with its id, a number in a text, on top of the last answer.
// Source: simple_string_dyna_sequence of Triton's examples.
func sumsWithID(_ context.Context, c *call) ([]infer.TensorData, error) {
	return c.stepped(func(s *state, value int32) (int32, error) {
		s.sum += value
		if !c.sequence.end {
			return s.sum, nil
		}
		id, err := strconv.ParseInt(c.sequence.text(), 10, 64)
		if err != nil {
			return 0, infer.Errorf(codes.Internal, "sequence_id %q is not a number", c.sequence.text())
		}
		return s.sum + int32(id), nil
	})
}

func (c *call) stepped(compute func(*state, int32) (int32, error)) ([]infer.TensorData, error) {
	value, err := first[int32](c, "INPUT", 0)
	if err != nil {
		return nil, err
	}
	var result int32
	err = c.model.sequences.step(c.sequence, func(s *state) error {
		result, err = compute(s, value)
		return err
	})
	return []infer.TensorData{tensor("OUTPUT", c.shape(1), result)}, err
}

// sums answers the sum of a sequence so far, whether it began and ended now, and its id.
func sums(_ context.Context, c *call) ([]infer.TensorData, error) {
	value, err := first[int32](c, "INPUT", 0)
	if err != nil {
		return nil, err
	}
	var sum int32
	err = c.model.sequences.step(c.sequence, func(s *state) error {
		s.sum += value
		sum = s.sum
		return nil
	})
	return []infer.TensorData{
		tensor("OUTPUT", c.shape(3), sum, oneIf(c.sequence.start), oneIf(c.sequence.end)),
		texts("ID", c.shape(1), c.sequence.text()),
	}, err
}

func oneIf(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
