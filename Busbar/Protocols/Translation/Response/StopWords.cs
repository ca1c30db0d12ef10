using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// Stop words that a protocol does not define but compatible hosts put into it, in any spelling: case, underscores, hyphens and blanks do not count.
/// Each protocol looks here once its own words are through, so that no host's word ever falls into a natural end by default.
/// </summary>
internal static class StopWords
{
    private const int MaxLetters = 48;

    /// <summary>
    /// The reason that <paramref name="word"/> stands for: <see cref="StopReason.None"/> for no word, <see cref="StopReason.Other"/> for an unknown
    /// one.
    /// </summary>
    public static StopReason Read(JsonText word)
    {
        if (word.IsNullOrEmpty)
        {
            return StopReason.None;
        }

        Span<char> letters = stackalloc char[MaxLetters];
        int count = 0;
        foreach (byte value in word.Span)
        {
            if (!char.IsAsciiLetter((char)value))
            {
                continue;
            }

            if (count == letters.Length)
            {
                return StopReason.Other;
            }

            letters[count++] = char.ToLowerInvariant((char)value);
        }

        return Known(letters[..count]);
    }

    private static StopReason Known(ReadOnlySpan<char> letters) => letters switch
    {
        "finishreasonunspecified" or "unspecified" or "null" or "none" or "" => StopReason.None,
        "stop" or "endturn" or "eos" or "eostoken" or "complete" or "completed" or "finish" or "finished" or "done" or "end" => StopReason.EndTurn,
        "stopsequence" or "stopword" or "stopstring" => StopReason.StopSequence,
        "length" or "maxtokens" or "maxoutputtokens" or "maxcompletiontokens" or "maxnewtokens" or "modellength" or "maxlength" or "tokenlimit"
            or "contextlength" or "contextlengthexceeded" or "modelcontextwindowexceeded" or "contextwindowexceeded" or "truncated" or "continuation"
            or "errorlimit" or "repetitiontruncation" => StopReason.MaxTokens,
        "toolcalls" or "toolcall" or "tooluse" or "functioncall" or "functioncalls" => StopReason.ToolUse,
        "contentfilter" or "contentfiltered" or "filtered" or "filter" or "safety" or "prohibitedcontent" or "blocklist" or "blocked" or "spii"
            or "recitation" or "sensitive" or "guardrailintervened" or "guardrail" or "imagesafety" or "imageprohibitedcontent"
            or "imagerecitation" or "modelarmor" or "jailbreak" or "errortoxic" or "moderation" or "flagged" or "contentpolicy"
            or "contentpolicyviolation" or "policyviolation" => StopReason.Safety,
        "refusal" or "refused" => StopReason.Refusal,
        "pauseturn" or "pause" or "compaction" => StopReason.Pause,
        "error" or "failed" or "failure" or "timeout" or "insufficientsystemresource" or "insufficientsystemresources" or "networkerror"
            or "internalerror"
            or "servererror" or "engineerror" or "cancelled" or "canceled" or "aborted" or "abort" or "malformedfunctioncall" or "malformedresponse"
            or "malformedtooluse" or "malformedtoolcall" or "malformedmodeloutput" or "unexpectedtoolcall" or "toomanytoolcalls"
            or "missingthoughtsignature" => StopReason.Error,
        _ when letters.EndsWith("error") || letters.StartsWith("error") => StopReason.Error,
        _ => StopReason.Other,
    };
}
