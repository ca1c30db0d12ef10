using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>
/// Reads the turns of one request. Calls without an id get one, and a result without an id answers the oldest unanswered call of its name. A
/// client that keeps a streamed answer chunk by chunk sends its thoughts back in pieces, with the signature on the last: they become one block again.
/// </summary>
internal sealed class ContentReader(ChatRequest request)
{
    private readonly Dictionary<JsonText, Queue<JsonText>> _unanswered = [];
    private readonly HashSet<JsonText> _answered = [];
    private readonly List<JsonText> _pieces = [];
    private Block? _thought;
    private int _calls;
    private int _results;

    /// <summary>Reads <paramref name="contents"/>; null on success.</summary>
    public GatewayError? Read(JsonNode contents)
    {
        foreach (JsonNode content in new OneOrMany(contents))
        {
            if (!content.IsObject)
            {
                return new(ErrorKind.InvalidRequest, "Invalid value at 'contents': a content object was expected.", Param: "contents");
            }

            if (RoleOf(content["role"u8]) is not { } role)
            {
                return new(ErrorKind.InvalidRequest, "Please use a valid role: user, model.", Param: "contents");
            }

            ReadTurn(role, content["parts"u8]);
        }

        JoinPieces();
        return null;
    }

    private static Role? RoleOf(JsonNode role)
    {
        JsonText word = role.Text;
        return word.IsNullOrEmpty ? (role.IsNull || role.IsString ? Role.User : null)
            : word.Is("user"u8) || word.Is("function"u8) ? Role.User
            : word.Is("model"u8) ? Role.Assistant
            : null;
    }

    private void ReadTurn(Role role, JsonNode parts)
    {
        Message message = request.AddMessage(role);
        bool isContinued = false;
        foreach (JsonNode part in new OneOrMany(parts))
        {
            if (PartReader.Read(part, request.Arena) is not { } block)
            {
                continue;
            }

            if (block.Kind == BlockKind.Thinking && Before(message) is { Kind: BlockKind.Thinking, Signature.IsAbsent: true } thought)
            {
                Continue(thought, block);
                isContinued = true;
                continue;
            }

            block.Raw = part.Raw;
            Identify(block);
            message.Blocks.Add(block);
        }

        if (isContinued && message.Blocks.Count == 0)
        {
            request.Messages.RemoveAt(request.Messages.Count - 1);
        }
    }

    private Block? Before(Message message)
    {
        if (message.Blocks.Count > 0)
        {
            return message.Blocks[^1];
        }

        return message.Role == Role.Assistant && request.Messages is [.., { Role: Role.Assistant, Blocks.Count: > 0 } last, _] ? last.Blocks[^1]
            : null;
    }

    private void Continue(Block thought, Block piece)
    {
        if (_thought != thought)
        {
            JoinPieces();
            _thought = thought;
            _pieces.Add(thought.Text);
        }

        _pieces.Add(piece.Text);
        thought.Signature = piece.Signature;
        thought.Raw = default;
    }

    private void JoinPieces()
    {
        if (_thought is { } thought)
        {
            thought.Text = request.Arena.Join(CollectionsMarshal.AsSpan(_pieces), default);
            _pieces.Clear();
            _thought = null;
        }
    }

    private void Identify(Block block)
    {
        if (block.Kind == BlockKind.ToolUse)
        {
            _calls++;
            if (block.Id.IsNullOrEmpty)
            {
                block.Id = CallIds.Of(default, _calls, block.Name, request.Arena);
            }

            if (!_unanswered.TryGetValue(block.Name, out Queue<JsonText>? sameName))
            {
                _unanswered[block.Name] = sameName = [];
            }

            sameName.Enqueue(block.Id);
        }
        else if (block.Kind == BlockKind.ToolResult)
        {
            if (block.Id.IsNullOrEmpty)
            {
                block.Id = Oldest(block.Name);
            }

            _answered.Add(block.Id);
        }
    }

    private JsonText Oldest(JsonText name)
    {
        if (_unanswered.TryGetValue(name, out Queue<JsonText>? sameName))
        {
            while (sameName.TryDequeue(out JsonText id))
            {
                if (!_answered.Contains(id))
                {
                    return id;
                }
            }
        }

        return CallIds.Of(JsonText.Empty, --_results, name, request.Arena);
    }
}
