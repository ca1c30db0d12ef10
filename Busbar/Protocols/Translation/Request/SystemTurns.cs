using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// Where instructions may stand in mid-conversation. Nowhere between a call and its result; and at Claude and on Bedrock behind a turn of the user's
/// only, as the last turn or before one of the assistant's, and never two in a row (Anthropic, "mid-conversation system messages").
/// </summary>
internal static class SystemTurns
{
    /// <summary>
    /// Moves instructions that stand elsewhere behind the next place that is legal. With <paramref name="endsTurns"/> the stricter rule holds, and
    /// what finds no such place becomes the user's words.
    /// </summary>
    public static void Place(ChatRequest request, bool endsTurns, ref Losses losses)
    {
        List<Message> messages = request.Messages;
        if (!messages.Exists(static message => message.Role == Role.System))
        {
            return;
        }

        var placed = new List<Message>(messages.Count);
        Message? held = null;
        int open = 0;
        foreach (Message message in messages)
        {
            if (message.Role == Role.System)
            {
                if (endsTurns || open > 0)
                {
                    Hold(ref held, message);
                }
                else
                {
                    placed.Add(message);
                }

                continue;
            }

            if (message.Role == Role.Assistant)
            {
                Release(ref held, placed, endsTurns, ref losses);
                open = Count(message, BlockKind.ToolUse);
            }
            else if (held is not null)
            {
                losses.Add(LossField.SystemPosition);
            }

            placed.Add(message);
            open -= Count(message, BlockKind.ToolResult);
            if (open <= 0 && !endsTurns)
            {
                Release(ref held, placed, endsTurns, ref losses);
            }
        }

        Release(ref held, placed, endsTurns, ref losses);
        messages.Clear();
        messages.AddRange(placed);
    }

    private static int Count(Message message, BlockKind kind)
    {
        int count = 0;
        foreach (Block block in message.Blocks)
        {
            count += block.Kind == kind ? 1 : 0;
        }

        return count;
    }

    private static void Hold(ref Message? held, Message message)
    {
        if (held is null)
        {
            held = message;
        }
        else
        {
            held.Blocks.AddRange(message.Blocks);
        }
    }

    private static void Release(ref Message? held, List<Message> placed, bool endsTurns, ref Losses losses)
    {
        if (held is null)
        {
            return;
        }

        if (endsTurns && placed is not [.., { Role: Role.User or Role.Tool }])
        {
            held.Role = Role.User;
            losses.Add(LossField.SystemPosition);
        }

        placed.Add(held);
        held = null;
    }
}
