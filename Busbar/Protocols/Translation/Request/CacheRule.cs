using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Which prompt-cache breakpoints go along.</summary>
internal static class CacheRule
{
    private const int MaxMarks = 4;

    /// <summary>Keeps the first four marks in the order system, messages, tools where the target knows them; drops all elsewhere.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, ref Losses losses)
    {
        FieldForm form = ProtocolTable.Get(egress).Fields;
        bool keeps = form.Cache switch
        {
            CacheForm.Blocks => capabilities.PromptCaching,
            CacheForm.Parts => capabilities.CacheBreakpoints,
            _ => false,
        };
        if (request.CacheAuto != CacheMark.None && !keeps)
        {
            request.CacheAuto = CacheMark.None;
            if (form.LosesAutoCache)
            {
                losses.Add(LossField.CacheControl);
            }
        }

        int left = keeps ? MaxMarks - (request.CacheAuto == CacheMark.None ? 0 : 1) : 0;
        bool onlyParts = form.Cache == CacheForm.Parts;
        Limit(request.System, onlyParts, ref left, ref losses);
        foreach (Message message in request.Messages)
        {
            Limit(message.Blocks, onlyParts, ref left, ref losses);
        }

        int none = 0;
        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            Limit(ref tool.Cache, ref onlyParts ? ref none : ref left, ref losses);
            request.Tools[index] = tool;
        }
    }

    // With onlyParts a mark stands on words and media only, not on calls, their results, or anything inside those.
    private static void Limit(List<Block> blocks, bool onlyParts, ref int left, ref Losses losses)
    {
        foreach (Block block in blocks)
        {
            int none = 0;
            bool isPart = block.Kind is not (BlockKind.ToolUse or BlockKind.ToolResult or BlockKind.Thinking);
            ref int allowed = ref onlyParts && !isPart ? ref none : ref left;
            if (block.Children is { Count: > 0 } children)
            {
                Limit(children, onlyParts, ref allowed, ref losses);
            }

            Limit(ref block.Cache, ref allowed, ref losses);
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
