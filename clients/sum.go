package clients

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// sum is the statistics of replicas as if they were one server's: those of the same model and version are added up, in the order in
// which they are first met. It changes what it is given.
func sum(replicas [][]*inferencepb.ModelStatistics) []*inferencepb.ModelStatistics {
	var all []*inferencepb.ModelStatistics
	first := map[modelVersion]*inferencepb.ModelStatistics{}
	for _, replica := range replicas {
		for _, m := range replica {
			key := modelVersion{m.GetName(), m.GetVersion()}
			if known := first[key]; known != nil {
				addModel(known, m)
				continue
			}
			first[key] = m
			all = append(all, m)
		}
	}
	return all
}

func addModel(to, m *inferencepb.ModelStatistics) {
	to.LastInference = max(to.GetLastInference(), m.GetLastInference())
	to.InferenceCount += m.GetInferenceCount()
	to.ExecutionCount += m.GetExecutionCount()
	to.MemoryUsage = append(to.GetMemoryUsage(), m.GetMemoryUsage()...)
	to.BatchStats = addBatches(to.GetBatchStats(), m.GetBatchStats())
	if to.InferenceStats == nil {
		to.InferenceStats = m.GetInferenceStats()
	} else {
		addDurations(to.InferenceStats, m.GetInferenceStats())
	}
	for index, r := range m.GetResponseStats() {
		if known := to.GetResponseStats()[index]; known != nil {
			addDurations(known, r)
			continue
		}
		if to.ResponseStats == nil {
			to.ResponseStats = map[string]*inferencepb.InferResponseStatistics{}
		}
		to.ResponseStats[index] = r
	}
}

// addBatches adds up batches of one size; they come in ascending order of sizes.
func addBatches(to, more []*inferencepb.InferBatchStatistics) []*inferencepb.InferBatchStatistics {
	for _, b := range more {
		at := slices.IndexFunc(to, func(known *inferencepb.InferBatchStatistics) bool { return known.GetBatchSize() == b.GetBatchSize() })
		if at < 0 {
			to = append(to, b)
			continue
		}
		addDurations(to[at], b)
	}
	slices.SortStableFunc(to, func(a, b *inferencepb.InferBatchStatistics) int {
		return cmp.Compare(a.GetBatchSize(), b.GetBatchSize())
	})
	return to
}

// addDurations adds each duration of a message to the same one of another message of its type.
func addDurations(to, more proto.Message) {
	target, source := to.ProtoReflect(), more.ProtoReflect()
	fields := target.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.Message() == nil || !source.Has(field) {
			continue
		}
		sum, isDuration := target.Mutable(field).Message().Interface().(*inferencepb.StatisticDuration)
		if d, same := source.Get(field).Message().Interface().(*inferencepb.StatisticDuration); isDuration && same {
			sum.Count += d.GetCount()
			sum.Ns += d.GetNs()
		}
	}
}
