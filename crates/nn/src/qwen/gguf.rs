use candle_core::{Device, Shape, Tensor, quantized::QTensor};

use crate::{
    Result,
    weights::{Gguf, Source},
};

/// A GGUF file, asked by the hub's names of tensors.
pub struct GgufNames(Gguf);

impl GgufNames {
    /// Of an opened file.
    #[must_use]
    pub fn new(gguf: Gguf) -> Self {
        Self(gguf)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Gguf {
        &self.0
    }
}

/// llama.cpp's name of a tensor (`gguf-py`, `MODEL_ARCH.QWEN3`); `None` where it has none.
#[must_use]
pub fn llama_name(hub: &str) -> Option<String> {
    let whole = match hub {
        "model.embed_tokens.weight" => Some("token_embd.weight"),
        "model.norm.weight" => Some("output_norm.weight"),
        "lm_head.weight" => Some("output.weight"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Some(whole.to_owned());
    }
    let (layer, rest) = hub.strip_prefix("model.layers.")?.split_once('.')?;
    let (module, kind) = rest.rsplit_once('.')?;
    let module = match module {
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{layer}.{module}.{kind}"))
}

impl Source for GgufNames {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.0.shape(&llama_name(name)?)
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        // An unknown name stays as it is, so that the error says it.
        self.0
            .tensor(&llama_name(name).unwrap_or(name.to_owned()), device)
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        match llama_name(name) {
            Some(name) => self.0.quantised(&name, device),
            None => Ok(None),
        }
    }

    fn origin(&self) -> String {
        self.0.origin()
    }
}

#[cfg(test)]
mod tests {
    use super::llama_name;

    #[test]
    fn names_of_both_kinds() {
        for (hub, llama) in [
            ("model.embed_tokens.weight", Some("token_embd.weight")),
            (
                "model.layers.12.self_attn.q_proj.bias",
                Some("blk.12.attn_q.bias"),
            ),
            (
                "model.layers.0.mlp.down_proj.weight",
                Some("blk.0.ffn_down.weight"),
            ),
            ("lm_head.weight", Some("output.weight")),
            ("model.layers.0.mlp.experts.weight", None),
            ("model.layers.0", None),
        ] {
            assert_eq!(llama_name(hub).as_deref(), llama, "{hub}");
        }
    }
}
