package jobs

import "meibo/pipeline/identity/engine"

// identityModel is the model by which a night weighs identities.
func (h *House) identityModel() (engine.Model, error) { return engine.DefaultModel() }
