//! Which TensorFlow a release of Keras goes by: Keras has no CUDA of its own.

use serde::Deserialize;

use super::rows::table;
use crate::model::Version;

/// A line of Keras, and the TensorFlow that it is installed with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// The line of Keras: 2.9.
    pub version: Version,
    /// The line of TensorFlow.
    pub tensorflow: Version,
    /// Where that is written.
    pub source: String,
}

/// Finds the TensorFlow for a release of Keras.
///
/// # Errors
/// Returns the nearest line that has one: Keras before 2.6 works with several releases of TensorFlow, and
/// from 3.0 on with other frameworks too.
pub fn pairing(keras: &Version) -> Result<&'static Pairing, &'static Version> {
    let rows = &table().keras;
    if let Some(row) = rows.iter().rfind(|row| keras.starts_with(&row.version)) {
        return Ok(row);
    }
    let nearest = rows.iter().rfind(|row| row.version <= *keras).or_else(|| rows.first());
    Err(nearest.map(|row| &row.version).expect("the table has rows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keras_goes_by_the_tensorflow_that_requires_it() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        for (keras, expected) in [("2.6.0", Ok("2.6")), ("2.9", Ok("2.9")), ("2.15.0", Ok("2.15"))] {
            let found = pairing(&version(keras)).map(|row| row.tensorflow.to_string());
            assert_eq!(found.as_deref(), expected.as_ref().map(|text: &&str| *text), "{keras}");
        }
        let nearest = |keras: &str| pairing(&version(keras)).expect_err(keras).to_string();
        assert_eq!((nearest("2.2.4").as_str(), nearest("3.4.1").as_str()), ("2.6", "2.15"));
    }
}
