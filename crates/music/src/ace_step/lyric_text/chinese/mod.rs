//! Chinese text: numbers as words, then punctuation as commas; and its readings.

mod number;
mod pinyin;
mod rewrite;

pub(super) use pinyin::romanised;

/// Punctuation outside ASCII that becomes a comma.
const PUNCTUATION: &str = "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏·〈〉-";

/// A line with its numbers in Chinese words and every punctuation mark as a comma.
pub(super) fn normalised(text: &str) -> String {
    rewrite::numbers(text)
        .chars()
        .map(|c| {
            if c.is_ascii_punctuation() || PUNCTUATION.contains(c) {
                ','
            } else {
                c
            }
        })
        .collect()
}
