package main

import (
	"context"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// serveNaive is the gateway that one writes first: a generated server that calls a generated client.
func serveNaive(l net.Listener, upstream string) error {
	client, err := stub(upstream)
	if err != nil {
		return err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
	pb.RegisterGRPCInferenceServiceServer(s, naive{client: client})
	return s.Serve(l)
}

type naive struct {
	pb.UnimplementedGRPCInferenceServiceServer
	client pb.GRPCInferenceServiceClient
}

// ModelInfer implements the RPC.
func (n naive) ModelInfer(ctx context.Context, req *pb.ModelInferRequest) (*pb.ModelInferResponse, error) {
	return n.client.ModelInfer(ctx, req)
}

// serveNaiveJSON is what grpc-gateway makes of ModelInfer. Its JSON is protobuf's, so tensors are typed contents.
func serveNaiveJSON(l net.Listener, upstream string) error {
	client, err := stub(upstream)
	if err != nil {
		return err
	}
	mux := runtime.NewServeMux()
	err = mux.HandlePath(http.MethodPost, "/v2/models/{model_name}/infer", func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		_, marshaler := runtime.MarshalerForRequest(mux, r)
		var req pb.ModelInferRequest
		if err := marshaler.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		req.ModelName = path["model_name"]
		resp, err := client.ModelInfer(r.Context(), &req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		runtime.ForwardResponseMessage(r.Context(), mux, marshaler, w, r, resp)
	})
	if err != nil {
		return err
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	return s.Serve(l)
}

func stub(upstream string) (pb.GRPCInferenceServiceClient, error) {
	conn, err := grpc.NewClient(upstream, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		return nil, err
	}
	return pb.NewGRPCInferenceServiceClient(conn), nil
}
