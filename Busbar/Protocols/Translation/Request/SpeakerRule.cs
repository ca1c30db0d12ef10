using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Names of participants, which only Chat Completions has a member for: told before a user's words, lost for every other role.</summary>
internal static class SpeakerRule
{
    /// <summary>Turns the names into words.</summary>
    public static void Apply(ChatRequest request, ref Losses losses)
    {
        foreach (Message message in request.Messages)
        {
            if (message.Speaker.IsNullOrEmpty)
            {
                continue;
            }

            if (message.Role != Role.User)
            {
                // Words put into the model's mouth, it would repeat.
                losses.Add(LossField.MessageName);
            }
            else if (message.Blocks.Find(static block => block.Kind == BlockKind.Text) is { } words)
            {
                words.Text = request.Arena.Join([message.Speaker, words.Text], ": "u8);
            }
            else
            {
                message.Blocks.Insert(0, request.Arena.NewText(request.Arena.Join([message.Speaker, JsonText.Empty], ":"u8)));
            }

            message.Speaker = default;
        }
    }
}
