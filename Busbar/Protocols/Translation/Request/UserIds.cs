using System.Buffers.Text;
using System.Security.Cryptography;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// The name of the end user, as vendors take it: OpenAI up to 64 characters (longer ones are refused with <c>string_above_max_length</c>), Anthropic
/// up to 256 and nothing that looks like an e-mail address or a telephone number. What cannot go as it is goes as a keyed hash: one user stays one
/// user, and nobody without the provider's key can try addresses against it.
/// </summary>
internal static class UserIds
{
    private const int HashLength = 43;

    private const int MaxCacheKey = 64;

    /// <summary>Replaces a name that the target refuses, and drops an empty one.</summary>
    public static void Fit(ChatRequest request, ProtocolId egress, EgressTarget target, ref Losses losses)
    {
        if (request.User.IsAbsent)
        {
            return;
        }

        if (BlankText.Is(request.User))
        {
            request.User = default;
            return;
        }

        string plain = request.User.ToString();
        bool isPrivate = IsAddress(plain) || IsNumber(plain);
        if (plain.Length <= ProtocolTable.Get(egress).Fields.MaxUser && !isPrivate)
        {
            return;
        }

        request.User = Hash(plain, request.Arena, target);
        losses.Add(LossField.User);
    }

    /// <summary>Replaces a cache key that OpenAI refuses for its length by one that is as good.</summary>
    public static void FitCacheKey(ChatRequest request, EgressTarget target, ref Losses losses)
    {
        if (request.PromptCacheKey.Span.Length > MaxCacheKey && request.PromptCacheKey.ToString() is { Length: > MaxCacheKey } plain)
        {
            request.PromptCacheKey = Hash(plain, request.Arena, target);
            losses.Add(LossField.PromptCacheKey);
        }
    }

    private static JsonText Hash(string plain, IrArena arena, EgressTarget target)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(target.UserKey.Span, System.Text.Encoding.UTF8.GetBytes(plain), digest);
        Span<byte> text = stackalloc byte[HashLength];
        Base64Url.EncodeToUtf8(digest, text);
        return arena.StoreText(text);
    }

    // Something, an at sign, and a name with a dot: anywhere in the text.
    private static bool IsAddress(string text)
    {
        for (int at = text.IndexOf('@', StringComparison.Ordinal); at >= 0; at = text.IndexOf('@', at + 1))
        {
            int dot = text.AsSpan(at + 1).IndexOfAny('.', ' ', '@');
            bool hasName = at > 0 && !char.IsWhiteSpace(text[at - 1]);
            if (hasName && dot > 0 && text[at + 1 + dot] == '.' && at + 2 + dot < text.Length && !char.IsWhiteSpace(text[at + 2 + dot]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNumber(string text)
    {
        int digits = 0;
        foreach (char character in text)
        {
            digits += char.IsAsciiDigit(character) ? 1 : 0;
            if (!char.IsAsciiDigit(character) && !"+()-. ".Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return digits is >= 7 and <= 20;
    }
}
