// Package models has the models that Triton's examples and QA scripts expect, and some that reach corners which those do not: each
// datatype, batches and none, sequences, decoupled answers, labels, every error code, slow ones. Each checks its requests as Triton
// does and counts what it does.
//
// A model is declared as in Triton's config.pbtxt, so that [Write] can print a repository for a real Triton whose models have the
// same names and shapes: what one does can be compared with what the other does. A model computes in its kernel, a function.
package models
