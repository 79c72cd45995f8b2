//! Reasons: small enums in which every variant has a stable code and its wording.

/// Makes an enum of reasons: `Variant = "code": "wording"`. JSON holds the code, `Display` prints
/// the wording.
macro_rules! reasons {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $code:literal: $words:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $words, ".")] #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, as in JSON.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $(Self::$variant => $words,)* })
            }
        }
    };
}

pub(super) use reasons;
