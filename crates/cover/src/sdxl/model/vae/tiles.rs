use candle_core::{DType, Tensor};
use songwright_nn::Result;

use super::VaeDecoder;

/// Pixels a latent place becomes, in each direction.
const PIXELS: usize = 8;

impl VaeDecoder {
    /// As [`Self::forward`], large latents in tiles of `tile` places that overlap by a quarter and are blended
    /// into each other (diffusers' `tiled_decode`).
    ///
    /// # Errors
    /// As there.
    pub fn tiled(&self, latents: &Tensor, tile: usize) -> Result<Tensor> {
        let (_, _, height, width) = latents.dims4()?;
        if height <= tile && width <= tile {
            return self.forward(latents);
        }
        let step = (tile - tile / 4).max(1);
        let blended = PIXELS * (tile - step);
        let kept = PIXELS * step;
        let mut above: Option<Vec<Tensor>> = None;
        let mut lines = Vec::new();
        for y in (0..height).step_by(step) {
            let mut row: Vec<Tensor> = Vec::new();
            for x in (0..width).step_by(step) {
                let seen = latents.narrow(2, y, tile.min(height - y))?;
                let seen = seen.narrow(3, x, tile.min(width - x))?.contiguous()?;
                row.push(self.forward(&seen)?.to_dtype(DType::F32)?);
            }
            let mut kept_row = Vec::new();
            for i in 0..row.len() {
                let mut part = row[i].clone();
                if let Some(above) = &above {
                    part = blend(&above[i], &part, (2, blended))?;
                }
                if i > 0 {
                    part = blend(&row[i - 1], &part, (3, blended))?;
                }
                row[i] = part.clone();
                let (_, _, tall, wide) = part.dims4()?;
                let part = part.narrow(2, 0, kept.min(tall))?;
                kept_row.push(part.narrow(3, 0, kept.min(wide))?);
            }
            lines.push(Tensor::cat(&kept_row, 3)?);
            above = Some(row);
        }
        let all = Tensor::cat(&lines, 2)?;
        let all = all.narrow(2, 0, PIXELS * height)?;
        Ok(all.narrow(3, 0, PIXELS * width)?.contiguous()?)
    }
}

/// The first `extent` places of `after` along `dim`, coming gradually out of the last ones of `before`.
#[expect(clippy::cast_precision_loss, reason = "a tile is small")]
fn blend(before: &Tensor, after: &Tensor, (dim, extent): (usize, usize)) -> Result<Tensor> {
    let extent = extent.min(before.dim(dim)?).min(after.dim(dim)?);
    if extent == 0 {
        return Ok(after.clone());
    }
    let shares: Vec<f32> = (0..extent).map(|i| i as f32 / extent as f32).collect();
    let mut shape = [1; 4];
    shape[dim] = extent;
    let share = Tensor::from_vec(shares, &shape, after.device())?;
    let end = before.narrow(dim, before.dim(dim)? - extent, extent)?;
    let start = after.narrow(dim, 0, extent)?;
    let both = (&end + (start - &end)?.broadcast_mul(&share)?)?;
    let rest = after.narrow(dim, extent, after.dim(dim)? - extent)?;
    Ok(Tensor::cat(&[both, rest], dim)?)
}
