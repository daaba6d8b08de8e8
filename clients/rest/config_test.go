package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// perf_analyzer reads from it whether the model batches, which the metadata do not tell.
func TestC01ConfigurationsAreTheServersOwn(t *testing.T) {
	t.Parallel()
	const metadata = `{"name":"m","inputs":[{"name":"x","datatype":"INT32","shape":[-1,16]}],"outputs":[]}`
	triton := func(config http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{
			"GET /v2":                 says(200, `{"name":"triton","extensions":["model_configuration"]}`),
			"GET /v2/models/m":        says(200, metadata),
			"GET /v2/models/m/config": config,
		}
	}
	input := []*pb.ModelInput{{Name: "x", DataType: pb.DataType_TYPE_INT32, Dims: []int64{16}}}
	for name, tt := range map[string]struct {
		routes map[string]http.HandlerFunc
		want   *pb.ModelConfig
		code   codes.Code
	}{
		"told": {
			routes: triton(says(200, `{"name":"m","max_batch_size":8,"newer":1,"input":[{"name":"x","data_type":"TYPE_INT32","dims":[16]}]}`)),
			want:   &pb.ModelConfig{Name: "m", MaxBatchSize: 8, Input: input},
		},
		"refused":  {routes: triton(says(404, `{"error":"no version"}`)), code: codes.NotFound},
		"no JSON":  {routes: triton(says(200, `<html>`)), code: codes.Internal},
		"too long": {routes: triton(says(200, `{"name":"`+strings.Repeat("m", 256<<10)+`"}`)), code: codes.ResourceExhausted},
		"not told": {
			routes: map[string]http.HandlerFunc{"GET /v2": says(200, `{"name":"mlserver"}`), "GET /v2/models/m": says(200, metadata)},
			want: (&infer.Metadata{
				Name: "m", Inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.Int32, Shape: infer.Shape{-1, 16}}},
			}).Config(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, tt.routes)
			m := open(t, clients.Options{Targets: []string{f.URL}}).Model("m")
			got, err := m.Config(t.Context())
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || infer.CodeOf(err) != tt.code {
				t.Errorf("error %v\n%s", err, diff)
			}
			if _, err := m.Config(t.Context()); tt.want != nil && (err != nil || f.last("GET /v2/models/m/config").count > 1) {
				t.Errorf("asked again, or error %v", err)
			}
		})
	}
}
