use std::{fmt, ops::RangeInclusive};

use serde::{Deserialize, Deserializer, Serialize, de};
use songwright_base::InvalidField;
use utoipa::ToSchema;

/// A whole number, also where a client writes it as `60.0`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64)]
pub struct Whole(pub i64);

impl Whole {
    /// The number where `range` holds it.
    ///
    /// # Errors
    /// [`InvalidField`] naming `field` and the range.
    pub fn between(
        self,
        field: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<i64, InvalidField> {
        if range.contains(&self.0) {
            return Ok(self.0);
        }
        let (least, most) = (range.start(), range.end());
        Err(InvalidField::new(
            field,
            format!("must be {least} to {most}, not {}", self.0),
        ))
    }
}

/// `value` where it is a number within `range`.
///
/// # Errors
/// [`InvalidField`] naming `field` and the range, also for what is infinite or not a number.
pub fn finite_between(
    field: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
) -> Result<f64, InvalidField> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(InvalidField::new(
        field,
        format!("must be {least} to {most}, not {value}"),
    ))
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Whole;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Whole, E> {
                Ok(Whole(n))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Whole, E> {
                // Larger numbers are out of every range there is.
                Ok(Whole(i64::try_from(n).unwrap_or(i64::MAX)))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Whole, E> {
                // Saturates, and what saturates is out of every range there is.
                if n.fract() == 0.0 {
                    Ok(Whole(n as i64))
                } else {
                    Err(E::invalid_type(de::Unexpected::Float(n), &self))
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
