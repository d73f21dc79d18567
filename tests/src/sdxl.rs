//! SDXL's configurations, as published.

use serde_json::{Value, json};

/// `unet/config.json`, of what is read.
#[must_use]
pub fn unet_config() -> Value {
    json!({
        "in_channels": 4, "out_channels": 4,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "block_out_channels": [320, 640, 1280], "layers_per_block": 2, "norm_num_groups": 32,
        "norm_eps": 1e-5, "cross_attention_dim": 2048, "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [5, 10, 20], "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    })
}

/// `vae/config.json`, of what is read.
#[must_use]
pub fn vae_config() -> Value {
    json!({
        "in_channels": 3, "out_channels": 3, "block_out_channels": [128, 256, 512, 512],
        "layers_per_block": 2, "latent_channels": 4, "norm_num_groups": 32,
        "scaling_factor": 0.13025,
    })
}

/// `text_encoder/config.json` and `text_encoder_2/config.json`, of what is read.
#[must_use]
pub fn clip_configs() -> [Value; 2] {
    let config = |[size, hidden, layers, heads]: [usize; 4], function: &str| {
        json!({
            "vocab_size": 49408, "hidden_size": size, "intermediate_size": hidden,
            "projection_dim": size, "num_hidden_layers": layers, "num_attention_heads": heads,
            "max_position_embeddings": 77, "hidden_act": function, "layer_norm_eps": 1e-5,
        })
    };
    [
        config([768, 3072, 12, 12], "quick_gelu"),
        config([1280, 5120, 32, 20], "gelu"),
    ]
}
