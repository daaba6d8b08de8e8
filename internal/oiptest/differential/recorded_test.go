package differential_test

func recorded() []question { return nil }
