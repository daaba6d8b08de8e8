package infercmd

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// inferError is what the user reads.
func inferError(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := typeInfer(t, stdin, args...)
	switch {
	case err == nil:
		t.Fatalf("no error but %q", out)
	case out != "":
		t.Errorf("beside the error there is %q", out)
	case strings.Contains(err.Error(), "\n"):
		t.Errorf("the error has several lines: %v", err)
	}
	return err.Error()
}

func TestInferTellsWhatIsWrongWithItsFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no model", nil, "name the model: manifold infer MODEL; `manifold get models` lists what a gateway serves"},
		{"two models", []string{"a", "b"}, "one model at a time, not 2: a value with spaces needs quotes"},
		{"output", []string{"m", "-o", "yaml"}, `--output "yaml" is neither table nor json`},
		{"timeout", []string{"m", "--timeout", "-1s"}, "--timeout -1s is negative"},
		{"header", []string{"m", "--header", "a b=c"}, `--header "a b=c" is not KEY=VALUE`},
		{"header's value", []string{"m", "--header", "a=b\nc"}, `--header a: its value is not printable ASCII`},
		{"URL for gRPC", []string{"m", "--address", "http://x"}, `--address "http://x" is a URL; write HOST:PORT for gRPC, or add --rest`},
		{"URL", []string{"m", "--rest", "--address", "ftp://x"}, `--address "ftp://x" is neither HOST:PORT nor an http or https URL`},
		{"certificates", []string{"m", "--ca-file", "command.go"}, "--ca-file command.go holds no PEM certificate"},
		{"no certificates", []string{"m", "--ca-file", "absent.pem"}, "--ca-file: open absent.pem: no such file or directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := inferError(t, "", test.args...); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestInferTellsWhatIsWrongWithItsInputs(t *testing.T) {
	t.Parallel()
	known := describes(described("x", "FP32", -1, 4), described("n", "INT8", -1))
	folder := t.TempDir()
	text := written(t, "text.png", []byte("hello"))
	npy := written(t, "a.npy", npyFile("<f4", false, []int{3}, nil))
	const take = "; it takes x FP32 [-1,4], n INT8 [-1]"
	tests := []struct {
		name  string
		args  []string
		stdin string
		want  string
	}{
		{"none", nil, "", `model "m" gets no input: give --input, --npy, --image or --json` + take},
		{"no name", []string{"--input", "1,2"}, "", `--input "1,2" is not NAME=VALUES`},
		{"another name", []string{"--input", "y=1"}, "", "--input y: the model describes no such input, so write its datatype and shape: --input y:FP32[1,4]=…" + take},
		{"datatype", []string{"--input", "x:FLOAT[1]=1"}, "", `--input x:FLOAT[1]: datatype "FLOAT" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`},
		{"shape", []string{"--input", "x:FP32[1,,2]=1"}, "", "--input x:FP32[1,,2]: shape [1,,2] is not like [1,4]"},
		{"too few values", []string{"--input", "x=1,2,3"}, "", "--input x: 3 values do not fit shape [-1,4]"},
		{"no values", []string{"--input", "x="}, "", `--input x: "" is not a value; put commas between values, or write a JSON array`},
		{"no value", []string{"--input", "x=1 2 3 4"}, "", `--input x: "1 2 3 4" is not a value; put commas between values, or write a JSON array`},
		{"value", []string{"--input", "n=1,128"}, "", `--input "n": element 1: 128 is not a whole number from -128 to 127, as INT8 holds`},
		{"no JSON", []string{"--input", "x=[1,2"}, "", "--input x: its values begin with [ but are no JSON array: unexpected end of JSON input"},
		{"ragged", []string{"--input", "x=[[1],[2,3]]"}, "", "--input x: its rows are of different lengths"},
		{"half", []string{"--input", "x:FP16[1]=70000"}, "", `--input "x": 70000 is beyond FP16`},
		{"twice", []string{"--input", "n=1", "--input", "n=2"}, "", `input "n" is sent twice`},
		{"no file", []string{"--npy", "x=absent.npy"}, "", "--npy: stat absent.npy: no such file or directory"},
		{"folder", []string{"--npy", "x=" + folder}, "", "--npy: " + folder + " is a folder"},
		{"which input", []string{"--npy", npy}, "", "--npy " + npy + ": say which input it is, --npy NAME=" + npy + take},
		{"broken file", []string{"--npy", "x=" + npy}, "", "--npy: " + npy + ": it breaks off: 0 bytes for shape [3] of elements of 4 bytes"},
		{"no file's name", []string{"--image", "x="}, "", `--image "x=" is not NAME=FILE`},
		{"no picture", []string{"--image", "x=" + text}, "", "--image: " + text + " is neither a PNG nor a JPEG picture but text/plain; charset=utf-8"},
		{"body and flags", []string{"--json", "-", "--input", "x=1"}, "", "--json is a whole request: leave out --input, --npy, --image and --request-output"},
		{"no body", []string{"--json", "-"}, " \n", "standard input holds nothing: pipe a body into it, or name a file with --json"},
		{"broken body", []string{"--json", "-"}, "{}", `--json -: the body has no "inputs"`},
		{"parameter", []string{"--param", "x"}, "", `--param "x" is not KEY=VALUE`},
	}
	f := &inferFake{known: known}
	address := f.serveGRPC(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := inferError(t, test.stdin, append([]string{"m", "--address", address}, test.args...)...)
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestInferWithoutMetadataAsksForEverything(t *testing.T) {
	t.Parallel()
	f := &inferFake{}
	address := f.serveGRPC(t)
	for _, test := range []struct{ flag, value, want string }{
		{"--image", tulip, "--image " + tulip + ": say which input it is, --image NAME=" + tulip + "; the server does not say what it takes"},
		{"--input", "x=1", "--input x: the model describes no such input, so write its datatype and shape: --input x:FP32[1,4]=…; the server does not say what it takes"},
	} {
		if got := inferError(t, "", "m", "--address", address, test.flag, test.value); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestInferTellsWhatTheServerSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer error
		want   string
	}{
		{"client's fault", status.Error(codes.InvalidArgument, `input "x": shape [1] is not [-1,4]`), `input "x": shape [1] is not [-1,4]; it takes x FP32 [-1,4]`},
		{"server's fault", status.Error(codes.Internal, "it broke"), `it broke`},
		{"no branch", status.Error(codes.NotFound, "graph m: node root: no condition matches"), `graph m: node root: no condition matches`},
		{"deadline", status.Error(codes.DeadlineExceeded, "step 2: the deadline passed"), `no answer from model "m" (step 2: the deadline passed); --timeout was 30s`},
	}
	for _, test := range tests {
		for _, e := range edges() {
			t.Run(test.name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				f := &inferFake{known: describes(described("x", "FP32", -1, 4))}
				f.answer = func(context.Context, *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
					return nil, test.answer
				}
				got := inferError(t, "", append(e.flags(t, f), "m", "--input", "x=1,2,3,4")...)
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		}
	}
}

func TestInferWaitsNoLongerThanItIsTold(t *testing.T) {
	t.Parallel()
	for _, e := range edges() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			f := &inferFake{known: describes(described("x", "INT8", -1))}
			f.answer = func(ctx context.Context, _ *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			got := inferError(t, "", append(e.flags(t, f), "m", "--input", "x=1", "--timeout", "200ms")...)
			if !strings.HasPrefix(got, `no answer from model "m" (`) || !strings.HasSuffix(got, "); --timeout was 200ms") {
				t.Error(got)
			}
		})
	}
}

func TestInferEndsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, e := range edges() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			f := &inferFake{}
			f.answer = func(ctx context.Context, _ *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
				interrupt()
				<-ctx.Done()
				return nil, ctx.Err()
			}
			c := New()
			c.SilenceErrors, c.SilenceUsage = true, true
			c.SetArgs(append(e.flags(t, f), "m", "--input", "x:INT8=1", "--timeout", "0"))
			if err := c.ExecuteContext(ctx); infer.CodeOf(err) != codes.Canceled {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestInferListsModelsWhenItsOwnIsUnknown(t *testing.T) {
	t.Parallel()
	many := strings.Split(strings.Repeat("a,", 24)+"a", ",")
	for n := range many {
		many[n] += string(rune('a' + n))
	}
	tests := []struct {
		name  string
		names []string
		args  []string
		want  string
	}{
		{"listed", []string{"m", "b", "m"}, nil, `no model "dogs" here; there is b, m`},
		{"of a version", []string{"m"}, []string{"--model-version", "3"}, `no model "dogs" of version "3" here; there is m`},
		{"many", many, nil, `no model "dogs" here; there is aa, ab, ac, ad, ae, af, ag, ah, ai, aj, ak, al, am, an, ao, ap, aq, ar, as, at, …`},
		{"not listed", nil, nil, "no model \"dogs\" here (Request for unknown model: 'dogs' is not found); `manifold get models` lists what a gateway serves"},
	}
	for _, test := range tests {
		for _, e := range edges() {
			t.Run(test.name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				f := &inferFake{names: test.names}
				got := inferError(t, "", append(append(e.flags(t, f), "dogs", "--input", "x=1"), test.args...)...)
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		}
	}
}

// It runs before the parallel ones.
func TestInferLeavesNoGoroutines(t *testing.T) { //nolint:paralleltest // it counts goroutines
	before := goleak.IgnoreCurrent()
	t.Run("calls", func(t *testing.T) { //nolint:paralleltest // as above
		for _, e := range edges() {
			f := &inferFake{}
			if _, err := typeInfer(t, "", append(e.flags(t, f), "m", "--input", "x:INT8=1")...); err != nil {
				t.Error(err)
			}
			inferError(t, "", append(e.flags(t, f), "other", "--input", "x:INT8=1")...)
		}
	})
	goleak.VerifyNone(t, before)
}
