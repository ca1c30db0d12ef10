using System.IO.Hashing;
using System.Numerics;
using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// What all requests of a conversation begin with, as one number: instructions, tools and the turns up to the first of the user, of whatever
/// protocol. It is what providers keep in their caches, so a lane that saw the conversation before answers cheaper and sooner. One pass over the
/// body, without a tree.
/// </summary>
internal static class PrefixKey
{
    // Instructions may be turns too; more turns than these before the user's first are none of them.
    private const int MaxTurns = 8;

    private const int MemberDepth = 1;
    private const int TurnDepth = 2;
    private const int RoleDepth = 3;

    private enum Part
    {
        None,
        Instructions,
        Tools,
        Turns,
    }

    /// <summary>The hash of the beginning; null when the body has neither turns nor instructions, or is no JSON object.</summary>
    public static ulong? Of(ReadOnlySpan<byte> body)
    {
        var scanner = new JsonScanner(body);

        // One for each part, since members come in any order.
        Span<ulong> hashes = [0, 1, 2, 3];
        Part part = Part.None;
        int turns = 0;
        bool isRole = false, isOther = false, isOver = false, isFound = false;
        while (scanner.Read())
        {
            JsonTokenType token = scanner.Token;
            ReadOnlySpan<byte> text = body[scanner.Start..scanner.End];
            if (scanner.Depth <= MemberDepth && token == JsonTokenType.PropertyName)
            {
                part = PartOf(text[1..^1]);
                continue;
            }

            if (part == Part.None || (part == Part.Turns && isOver))
            {
                continue;
            }

            if (token == JsonTokenType.PropertyName && IsMark(text))
            {
                SkipValue(ref scanner);
                continue;
            }

            if (token is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.EndObject or JsonTokenType.EndArray)
                && !text.StartsWith("\"x-anthropic-billing-header:"u8))
            {
                isFound |= part != Part.Tools;
                hashes[(int)part] = XxHash3.HashToUInt64(text, (long)hashes[(int)part]);
            }

            if (part != Part.Turns)
            {
                continue;
            }

            // A turn without a role is the user's.
            switch (scanner.Depth, token)
            {
                case (TurnDepth, JsonTokenType.StartObject):
                    isOther = false;
                    break;
                case (TurnDepth, JsonTokenType.EndObject):
                    isOver = !isOther || ++turns == MaxTurns;
                    break;
                case (RoleDepth, JsonTokenType.PropertyName):
                    isRole = text.SequenceEqual("\"role\""u8);
                    break;
                case (RoleDepth, JsonTokenType.String) when isRole:
                    isOther = !text.SequenceEqual("\"user\""u8);
                    break;
            }
        }

        return scanner.IsBroken || !isFound
            ? null
            : hashes[(int)Part.Instructions] ^ BitOperations.RotateLeft(hashes[(int)Part.Tools], 21) ^ BitOperations.RotateLeft(
                hashes[(int)Part.Turns], 42);
    }

    private static Part PartOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        5 when name.SequenceEqual("tools"u8) => Part.Tools,
        5 when name.SequenceEqual("input"u8) => Part.Turns,
        6 when name.SequenceEqual("system"u8) => Part.Instructions,
        8 when name.SequenceEqual("messages"u8) || name.SequenceEqual("contents"u8) => Part.Turns,
        10 when name.SequenceEqual("toolConfig"u8) => Part.Tools,
        12 when name.SequenceEqual("instructions"u8) => Part.Instructions,
        17 when name.SequenceEqual("systemInstruction"u8) => Part.Instructions,
        18 when name.SequenceEqual("system_instruction"u8) => Part.Instructions,
        _ => Part.None,
    };

    // What is marked to be cached moves on with the conversation.
    private static bool IsMark(ReadOnlySpan<byte> name) => name.SequenceEqual("\"cache_control\""u8) || name.SequenceEqual("\"cachePoint\""u8);

    private static void SkipValue(ref JsonScanner scanner)
    {
        scanner.Read();
        int depth = scanner.Depth;
        if (scanner.Token is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            while (scanner.Read() && scanner.Depth > depth)
            {
            }
        }
    }
}
