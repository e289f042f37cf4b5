"""EventBridge: what happens to training jobs, sent by rules to API destinations. Rules and destinations are moto's."""
