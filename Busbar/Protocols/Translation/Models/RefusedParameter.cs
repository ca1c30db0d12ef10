using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// A parameter that a model turned out not to take, although its row says nothing of it. OpenAI's two APIs name it in the error (current wire facts, 2c);
/// the caller of another dialect never wrote it, so it is not the caller's to remove.
/// </summary>
internal static class RefusedParameter
{
    /// <summary>
    /// Appends <paramref name="body"/>, a request that was written here, without the parameter that <paramref name="error"/> refuses. False, with nothing
    /// written, when the error refuses none, or one that the request is not the same without. <paramref name="loss"/> is what that costs; null where
    /// another parameter says the same.
    /// </summary>
    public static bool TryRemove(in ModelSplice body, in ProviderError error, PooledBuffer output, out LossField? loss)
    {
        loss = null;
        if (error is not { Code: "unsupported_parameter" or "unsupported_value", Param: { } path })
        {
            return false;
        }

        int end = path.AsSpan().IndexOfAny('.', '[');
        string name = end < 0 ? path : path[..end];
        bool isRenamed = name == "max_tokens";
        loss = isRenamed ? null : Loss(name);
        if (loss is null && !isRenamed)
        {
            return false;
        }

        using var joined = new PooledBuffer(body.Length);
        body.WriteTo(joined);
        using var tape = new JsonTape();
        if (!tape.TryParse(joined.Memory))
        {
            return false;
        }

        int start = output.Length;
        bool isFound = false;
        var json = new JsonWriter(output);
        json.StartObject();
        foreach (JsonMember member in tape.Root.Members)
        {
            if (!member.Name.Is(System.Text.Encoding.UTF8.GetBytes(name)))
            {
                json.Raw(member.Name.Span, member.Value.Raw);
                continue;
            }

            isFound = true;
            if (isRenamed)
            {
                json.Raw("max_completion_tokens"u8, member.Value.Raw);
            }
        }

        json.EndObject();
        if (!isFound)
        {
            output.Truncate(start);
        }

        return isFound;
    }

    // What shapes an answer but is not what was asked. The form of the answer, tools and the conversation itself are not in the list.
    private static LossField? Loss(string name) => name switch
    {
        "temperature" => LossField.Temperature,
        "top_p" => LossField.TopP,
        "stop" => LossField.StopSequences,
        "seed" => LossField.Seed,
        "frequency_penalty" => LossField.FrequencyPenalty,
        "presence_penalty" => LossField.PresencePenalty,
        "n" => LossField.CandidateCount,
        "logprobs" or "top_logprobs" => LossField.Logprobs,
        "reasoning_effort" or "reasoning" => LossField.Reasoning,
        "verbosity" => LossField.Verbosity,
        "parallel_tool_calls" => LossField.ParallelToolCalls,
        "prompt_cache_key" => LossField.PromptCacheKey,
        "service_tier" => LossField.ServiceTier,
        "metadata" => LossField.Metadata,
        "user" => LossField.User,
        "store" => LossField.Store,
        "stream_options" => LossField.StreamOptions,
        "web_search_options" => LossField.HostedTool,
        _ => null,
    };
}
