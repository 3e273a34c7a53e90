package synth

// Sample writes the sample data of the project below out.
func Sample(out string) error { return nil }
