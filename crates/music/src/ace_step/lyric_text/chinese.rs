//! Chinese text before its readings.

/// Punctuation outside ASCII that becomes a comma.
const PUNCTUATION: &str = "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏·〈〉-";

/// A line with every punctuation mark as a comma.
pub(super) fn normalised(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_punctuation() || PUNCTUATION.contains(c) {
                ','
            } else {
                c
            }
        })
        .collect()
}
