use songwright_base::ModelIdentity;

/// Who a model of random values is.
#[must_use]
pub fn small_model(name: &str) -> ModelIdentity {
    ModelIdentity {
        name: name.to_owned(),
        model_id: "small".to_owned(),
        licence: "LicenseRef-test".to_owned(),
        digest: None,
    }
}
