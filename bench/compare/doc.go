// Command compare measures what a gateway costs beside its peers: Manifold and a twin of it, a gateway built from the generated stubs, a
// grpc-gateway in front of that, nginx and HAProxy where they are installed. `make compare` runs it.
//
// Every cell of the table has fresh processes. Targets take turns, A B C A B C, and what is compared is the CPU time that each
// gateway's processes used for a request, from their CPU clocks; the client and the model server are other processes. The twin tells
// how far apart two equal processes are in the same run: read nothing into smaller differences.
//
// The cells that begin with "policies" have three model servers behind the gateway, and compare it with every policy of the ModelServer on
// with itself with none: `-only ^policies`.
//
// The sections that begin with "idle" open ten thousand connections, as far as the limit of open files lets them, and tell what one
// keeps resident: `-only ^idle`. Those that begin with "perf_analyzer" let perf_analyzer measure a real Triton,
// straight and through the gateway, where `make interop` has made their environments: `-only ^perf_analyzer`.
package main
