using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>Which prompt-cache breakpoints go along.</summary>
internal static class CacheRule
{
    private const int MaxMarks = 4;

    /// <summary>Keeps the first four marks in the order system, messages, tools where the target knows them; drops all elsewhere.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, ref Losses losses)
    {
        bool keeps = egress switch
        {
            ProtocolId.Anthropic or ProtocolId.Bedrock => capabilities.PromptCaching,
            ProtocolId.OpenAI or ProtocolId.Responses => capabilities.CacheBreakpoints,
            _ => false,
        };

        // OpenAI and Gemini cache whole requests by themselves.
        if (request.CacheAuto != CacheMark.None && !keeps)
        {
            request.CacheAuto = CacheMark.None;
            if (egress is ProtocolId.Bedrock or ProtocolId.Cohere)
            {
                losses.Add(LossField.CacheControl);
            }
        }

        int left = keeps ? MaxMarks - (request.CacheAuto == CacheMark.None ? 0 : 1) : 0;
        Limit(request.System, ref left, ref losses);
        foreach (Message message in request.Messages)
        {
            Limit(message.Blocks, ref left, ref losses);
        }

        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            Limit(ref tool.Cache, ref left, ref losses);
            request.Tools[index] = tool;
        }
    }

    private static void Limit(List<Block> blocks, ref int left, ref Losses losses)
    {
        foreach (Block block in blocks)
        {
            if (block.Children is { Count: > 0 } children)
            {
                Limit(children, ref left, ref losses);
            }

            Limit(ref block.Cache, ref left, ref losses);
        }
    }

    private static void Limit(ref CacheMark mark, ref int left, ref Losses losses)
    {
        if (mark != CacheMark.None && left-- <= 0)
        {
            mark = CacheMark.None;
            losses.Add(LossField.CacheControl);
        }
    }
}
