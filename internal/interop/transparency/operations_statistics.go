package transparency

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// statistics are the counts that calls move, over both edges.
func statistics() []Operation {
	var all []Operation
	calls := map[string]rpc{
		"simple": simpleRPC(),
		"chain":  simpleRPC(func(r *pb.ModelInferRequest) { r.ModelName = "chain" }),
		"fail":   infersRPC(request("fail", inputs{tensor("CODE", "BYTES", 1)}, texts("INTERNAL"))),
		"two":    infersRPC(request("two", inputs{tensor("ANY", "INT32", 1)}, le(int32(0)))),
		"label":  infersRPC(request("label", inputs{tensor("INPUT0", "FP32", 3, 4)}, make([]byte, 48))),
	}
	for model, call := range calls {
		all = append(all,
			moved("rest/statistics/"+model, call, rest{path: "/v2/models/" + model + "/stats"}.observe),
			moved("grpc/statistics/"+model, call, stats(model, "").observe))
	}
	return append(all,
		moved("rest/statistics/all", simpleRPC(), rest{path: "/v2/models/stats"}.observe),
		moved("grpc/statistics/all", simpleRPC(), stats("", "").observe),
		moved("grpc/statistics/version", simpleRPC(), stats("two", "1").observe),
		moved("rest/statistics/version", simpleRPC(), rest{path: "/v2/models/two/versions/1/stats"}.observe),
		stats("two", "9").operation("statistics/unknown version"),
		stats("nobody", "").operation("statistics/unknown model"),
		stats("broken", "").operation("statistics/model does not load"),
		rest{path: "/v2/models/nobody/stats"}.operation("statistics/unknown model"),
		rest{path: "/v2/models/broken/stats"}.operation("statistics/model does not load"),
		rest{path: "/v2/models/two/versions/9/stats"}.operation("statistics/unknown version"))
}

func stats(model, version string) rpc {
	return rpc{method: "ModelStatistics", request: &pb.ModelStatisticsRequest{Name: model, Version: version}, reply: &pb.ModelStatisticsResponse{}}
}

// moved observes how far two calls move what is counted. Times are not counted, only that they are there.
func moved(name string, call rpc, observe func(context.Context, Target) Observation) Operation {
	return Operation{Name: name, Do: func(ctx context.Context, target Target) Observation {
		call.observe(ctx, target) // a model that was never called has fewer members
		before := settled(ctx, target, observe)
		for range 2 {
			call.observe(ctx, target)
		}
		after := settled(ctx, target, observe)
		for aspect, value := range after {
			after[aspect] = change(aspect, before[aspect], value)
		}
		return after
	}}
}

// settled is what is observed when it no longer changes: a Triton counts a call after it has answered it.
func settled(ctx context.Context, target Target, observe func(context.Context, Target) Observation) Observation {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	last := observe(ctx, target)
	for same := 0; same < 3; same++ {
		select {
		case <-again.C:
		case <-ctx.Done():
			return last
		}
		now := observe(ctx, target)
		if !maps.Equal(last, now) {
			same = 0
		}
		last = now
	}
	return last
}

// count is a number, which gRPC's JSON has in quotes.
var count = regexp.MustCompile(`^(?:number|string) (\d+)$`)

func change(aspect, before, after string) string {
	was, is := count.FindStringSubmatch(before), count.FindStringSubmatch(after)
	switch {
	case strings.HasSuffix(aspect, ".ns"), strings.HasSuffix(aspect, ".last_inference"):
		return "a time"
	case is == nil, strings.HasSuffix(aspect, "version"), strings.HasSuffix(aspect, "batch_size"):
		return after
	case was == nil:
		return after + ", new"
	}
	from, _ := strconv.ParseInt(was[1], 10, 64) // digits
	to, _ := strconv.ParseInt(is[1], 10, 64)
	return fmt.Sprintf("moved by %d", to-from)
}
