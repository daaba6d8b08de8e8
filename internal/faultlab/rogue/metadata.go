package rogue

import (
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// serverMetadata is what the server says of itself.
type serverMetadata struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

func (s *Server) serverMetadata() serverMetadata {
	b, _ := s.orders.now()
	m := serverMetadata{Name: "rogue", Version: "1", Extensions: []string{}}
	if b.Identity.Server != "" {
		m.Name = b.Identity.Server
	}
	if b.Identity.Version != "" {
		m.Version = b.Identity.Version
	}
	return m
}

// modelMetadata is what it says of a model.
func (s *Server) modelMetadata(model string) *pb.ModelMetadataResponse {
	b, _ := s.orders.now()
	input, dataType := proof.Payload, "UINT8"
	if b.Identity.Input != "" {
		input = b.Identity.Input
	}
	if b.Identity.DataType != "" {
		dataType = b.Identity.DataType
	}
	tensor := func(name, dataType string, size int64) *pb.ModelMetadataResponse_TensorMetadata {
		return &pb.ModelMetadataResponse_TensorMetadata{Name: name, Datatype: dataType, Shape: []int64{size}}
	}
	return &pb.ModelMetadataResponse{
		Name: model, Versions: []string{"1"}, Platform: "rogue",
		Inputs: []*pb.ModelMetadataResponse_TensorMetadata{tensor(input, dataType, -1)},
		Outputs: []*pb.ModelMetadataResponse_TensorMetadata{
			tensor(proof.Payload, "UINT8", -1), tensor(proof.Sum, "UINT64", 1), tensor(proof.Backend, "BYTES", 1), tensor(proof.Execution, "UINT64", 1),
		},
	}
}
