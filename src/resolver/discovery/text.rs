//! Serde forms of the lower floors' types, which know nothing of serde.

/// `Display` and `FromStr`.
pub(in crate::resolver) mod display {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(in crate::resolver) fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(in crate::resolver) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }

    /// The same, of what may be absent.
    pub(in crate::resolver) mod option {
        use std::fmt::Display;
        use std::str::FromStr;

        use serde::{Deserialize, Deserializer, Serializer, de};

        pub(in crate::resolver) fn serialize<T: Display, S: Serializer>(
            value: &Option<T>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => serializer.collect_str(value),
                None => serializer.serialize_none(),
            }
        }

        pub(in crate::resolver) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
        where
            T: FromStr<Err: Display>,
            D: Deserializer<'de>,
        {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
        }
    }
}

/// Times as numbers of Unix seconds.
pub(in crate::resolver) mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::clock::UnixTime;

    pub(in crate::resolver) fn serialize<S: Serializer>(
        time: &UnixTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.0)
    }

    pub(in crate::resolver) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<UnixTime, D::Error> {
        u64::deserialize(deserializer).map(UnixTime)
    }

    /// The same, of what may be absent.
    pub(in crate::resolver) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        use crate::clock::UnixTime;

        pub(in crate::resolver) fn serialize<S: Serializer>(
            time: &Option<UnixTime>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            time.map(|time| time.0).serialize(serializer)
        }

        pub(in crate::resolver) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<UnixTime>, D::Error> {
            Ok(Option::<u64>::deserialize(deserializer)?.map(UnixTime))
        }
    }
}

/// Hashes and ids of keys in lower-case hexadecimal.
pub(in crate::resolver) mod hex {
    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use crate::record::mimisig::{KeyHash, KeyId};

    /// A value of fixed length that is written in hexadecimal.
    pub(in crate::resolver) trait Hex: Sized {
        fn octets(&self) -> &[u8];
        fn from_octets(octets: &[u8]) -> Option<Self>;
    }

    impl Hex for KeyHash {
        fn octets(&self) -> &[u8] {
            &self.0
        }

        fn from_octets(octets: &[u8]) -> Option<Self> {
            octets.try_into().ok().map(Self)
        }
    }

    impl Hex for KeyId {
        fn octets(&self) -> &[u8] {
            &self.0
        }

        fn from_octets(octets: &[u8]) -> Option<Self> {
            octets.try_into().ok().map(Self)
        }
    }

    pub(in crate::resolver) fn serialize<T: Hex, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(|value| HEXLOWER.encode(value.octets())).serialize(serializer)
    }

    pub(in crate::resolver) fn deserialize<'de, T: Hex, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let octets = HEXLOWER.decode(text.as_bytes()).map_err(de::Error::custom)?;
        T::from_octets(&octets).map(Some).ok_or_else(|| de::Error::custom("wrong number of digits"))
    }
}

/// The words of the presentation form.
pub(in crate::resolver) mod method {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::record::mimisig::ProofMethod;

    pub(in crate::resolver) fn serialize<S: Serializer>(
        method: &ProofMethod,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.mnemonic())
    }

    pub(in crate::resolver) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ProofMethod, D::Error> {
        let word = String::deserialize(deserializer)?;
        ProofMethod::from_mnemonic(&word).ok_or_else(|| de::Error::custom("unknown proof method"))
    }
}
