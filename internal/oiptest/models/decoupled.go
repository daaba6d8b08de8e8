package models

import (
	"context"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// maxAnswers is how often a decoupled model answers a request at most.
const maxAnswers = 1_000_000

// repeat answers each value of IN after its DELAY in milliseconds. WAIT is how long Triton's backend holds the request after that, which
// no client sees. A value below zero is an error in its place when failing is set; JOINED makes the last answer the final one.
func repeat(failing bool) kernel {
	return func(ctx context.Context, c *call, give func(answer) error) error {
		values, err := infer.Values[int32](c.inputs["IN"])
		if err != nil {
			return err
		}
		delays := make([]uint32, len(values))
		if t := c.inputs["DELAY"]; t != nil {
			if delays, err = infer.Values[uint32](t); err != nil {
				return err
			}
		}
		if len(delays) != len(values) {
			return invalid("IN has %d elements and DELAY %d; give a delay for each", len(values), len(delays))
		}
		for i, value := range values {
			if err := wait(ctx, time.Duration(delays[i])*time.Millisecond); err != nil {
				return err
			}
			a := answer{last: c.inputs["JOINED"] != nil && i == len(values)-1}
			if failing && value < 0 {
				a = answer{err: infer.Errorf(codes.InvalidArgument, "value %d is below zero", value)}
			} else {
				a.outputs = []infer.TensorData{tensor("OUT", infer.Shape{1}, value), tensor("IDX", infer.Shape{1}, uint32(i))}
			}
			if err := give(a); err != nil {
				return err
			}
		}
		return nil
	}
}

// square answers a number as often as it says.
func square(ctx context.Context, c *call, give func(answer) error) error {
	n, err := first[int32](c, "IN", 0)
	if err != nil {
		return err
	}
	for range min(n, maxAnswers) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := give(answer{outputs: []infer.TensorData{tensor("OUT", infer.Shape{1}, n)}}); err != nil {
			return err
		}
	}
	return nil
}

// mockLLM answers PROMPT: once, or with STREAM as often as the parameter REPETITION says, each after DELAY seconds, and then with an
// error if FAIL_LAST says so. OUTPUT_0_DIM leaves the text out. Source: qa/L0_http/generate_models.
func mockLLM(ctx context.Context, c *call, give func(answer) error) error {
	p := c.parameters
	stream, err := first(c, "STREAM", false)
	if err != nil {
		return err
	}
	if !stream {
		return c.say(give, truth(p, "OUTPUT_0_DIM"), true)
	}
	for range min(whole(p, "REPETITION", 1), maxAnswers) {
		if err := wait(ctx, seconds(p, "DELAY")); err != nil {
			return err
		}
		if err := c.say(give, truth(p, "OUTPUT_0_DIM"), false); err != nil {
			return err
		}
	}
	if truth(p, "FAIL_LAST") {
		return give(answer{err: infer.Errorf(codes.Internal, "an error occurred"), last: true})
	}
	return nil
}

// say answers PROMPT as TEXT.
func (c *call) say(give func(answer) error, empty, last bool) error {
	text, err := same(c.inputs["PROMPT"], "TEXT")
	if err != nil {
		return err
	}
	if empty {
		text.Data.Free()
		text = texts("TEXT", append(slices.Clone(text.Shape[:len(text.Shape)-1]), 0))
	}
	return give(answer{outputs: []infer.TensorData{text}, last: last})
}

// llm is mockLLM with inputs in place of parameters.
func llm(ctx context.Context, c *call, give func(answer) error) error {
	times, err := first[int32](c, "REPETITION", 1)
	if err != nil {
		return err
	}
	empty, err := first[int32](c, "OUTPUT_0_DIM", 0)
	if err != nil {
		return err
	}
	failing, err := first(c, "FAIL_LAST", false)
	if err != nil {
		return err
	}
	for i := range min(times, maxAnswers) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if failing && i == times-1 {
			err = give(answer{err: infer.Errorf(codes.Unavailable, "this one fails")})
		} else {
			err = c.say(give, empty != 0, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wait waits, unless ctx ends before.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whole is a parameter that is a whole number; over REST it may come as any kind of number.
func whole(p infer.Parameters, key string, otherwise int64) int64 {
	value, ok := p.Lookup(key)
	if !ok {
		return otherwise
	}
	switch v := value.(type) {
	case int64:
		return v
	case uint64:
		return int64(min(v, maxAnswers))
	case float64:
		return int64(v)
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
	}
	return otherwise
}

// maxSeconds bounds a delay.
const maxSeconds = 3600

func seconds(p infer.Parameters, key string) time.Duration {
	if v, ok := p.Lookup(key); ok {
		if f, ok := v.(float64); ok {
			return time.Duration(min(f, maxSeconds) * float64(time.Second))
		}
	}
	return time.Duration(min(whole(p, key, 0), maxSeconds)) * time.Second
}

func truth(p infer.Parameters, key string) bool {
	v, _ := p.Lookup(key)
	return v == true
}
