using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// Token log probabilities: <c>logprobsResult</c>, with the chosen tokens and the alternatives in two parallel lists, against the representation's
/// list of tokens with their alternatives inside.
/// </summary>
internal static class Logprobs
{
    /// <summary>Reads <c>logprobsResult</c>; absent when there is none.</summary>
    public static JsonSlice Read(JsonNode result, IrArena arena)
    {
        JsonNode chosen = Spelling.Get(result, "chosenCandidates"u8, "chosen_candidates"u8);
        if (!chosen.IsArray)
        {
            return default;
        }

        using var list = new PooledBuffer(4096);
        var output = new JsonWriter(list);
        output.StartArray();
        JsonNode.ItemEnumerable steps = Spelling.Get(result, "topCandidates"u8, "top_candidates"u8).Items;
        foreach (JsonNode token in chosen.Items)
        {
            output.StartObject();
            ReadToken(token, output);
            output.StartArray("top_logprobs"u8);
            if (steps.MoveNext())
            {
                foreach (JsonNode alternative in steps.Current["candidates"u8].Items)
                {
                    output.StartObject();
                    ReadToken(alternative, output);
                    output.EndObject();
                }
            }

            output.EndArray();
            output.EndObject();
        }

        output.EndArray();
        return new(arena.Store(list.Span));
    }

    /// <summary>Writes the member <c>logprobsResult</c>, or nothing when <paramref name="logprobs"/> is absent.</summary>
    public static void Write(JsonSlice logprobs, JsonWriter output)
    {
        using var tape = new JsonTape();
        if (logprobs.IsAbsent || !tape.TryParse(logprobs.Raw) || !tape.Root.IsArray)
        {
            return;
        }

        output.StartObject("logprobsResult"u8);
        output.StartArray("chosenCandidates"u8);
        foreach (JsonNode token in tape.Root.Items)
        {
            WriteToken(token, output);
        }

        output.EndArray();
        output.StartArray("topCandidates"u8);
        foreach (JsonNode token in tape.Root.Items)
        {
            output.StartObject();
            output.StartArray("candidates"u8);
            foreach (JsonNode alternative in token["top_logprobs"u8].Items)
            {
                WriteToken(alternative, output);
            }

            output.EndArray();
            output.EndObject();
        }

        output.EndArray();
        output.EndObject();
    }

    private static void ReadToken(JsonNode token, JsonWriter output)
    {
        JsonText text = token["token"u8].Text;
        output.Text("token"u8, text);
        JsonNode probability = Spelling.Get(token, "logProbability"u8, "log_probability"u8);
        output.Raw("logprob"u8, probability.IsNumber ? probability.Raw.Span : "0"u8);
        using var plain = new PooledBuffer(64);
        JsonEscaping.Unescape(text.Span, plain);
        output.StartArray("bytes"u8);
        foreach (byte value in plain.Span)
        {
            output.Number(value);
        }

        output.EndArray();
    }

    private static void WriteToken(JsonNode token, JsonWriter output)
    {
        output.StartObject();
        output.Text("token"u8, token["token"u8].Text);
        JsonNode probability = token["logprob"u8];
        output.Raw("logProbability"u8, probability.IsNumber ? probability.Raw.Span : "0"u8);
        output.EndObject();
    }
}
