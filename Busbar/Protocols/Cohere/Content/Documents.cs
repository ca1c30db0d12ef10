using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>
/// Documents, which stand beside the conversation in requests and inside tool results. Their <c>data</c> is an object of any fields. Those written
/// here are numbered as the vendor numbers documents without an id, so that citations say which one they mean.
/// </summary>
internal static class Documents
{
    /// <summary>Puts the documents of the request in front of the first thing the user says.</summary>
    public static void Read(JsonNode documents, bool? cited, ChatRequest request)
    {
        if (documents[0].IsMissing)
        {
            return;
        }

        Message? home = request.Messages.Find(static message => message.Role == Role.User);
        if (home is null)
        {
            home = request.Arena.NewMessage(Role.User);
            request.Messages.Insert(0, home);
        }

        var blocks = new List<Block>();
        foreach (JsonNode document in documents.Items)
        {
            Block block = request.Arena.NewBlock(BlockKind.Document);
            ReadFields(document, block, request.Arena);
            block.CitationsEnabled = cited;
            blocks.Add(block);
        }

        home.Blocks.InsertRange(0, blocks);
    }

    /// <summary>A document as a content part.</summary>
    public static Block ReadPart(JsonNode document, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Document);
        ReadFields(document, block, arena);
        return block;
    }

    /// <summary>Whether the block can be one of the request's documents.</summary>
    public static bool Is(Block block) =>
        block.Kind == BlockKind.SearchResult || (block.Kind == BlockKind.Document && block.Source is MediaSource.Text or MediaSource.Blocks);

    /// <summary>Whether a turn would be empty without its documents, so that they stay in it as words.</summary>
    public static bool AreAlone(List<Block> blocks) => blocks.TrueForAll(Is);

    /// <summary>Writes the documents of all turns as the value of <c>documents</c>; false when there are none.</summary>
    public static bool Write(ChatRequest request, JsonWriter output)
    {
        int count = 0;
        foreach (Message message in request.Messages)
        {
            if (message.Role == Role.Assistant || AreAlone(message.Blocks))
            {
                continue;
            }

            foreach (Block block in message.Blocks)
            {
                if (Is(block))
                {
                    if (count == 0)
                    {
                        output.StartArray("documents"u8);
                    }

                    output.StartObject();
                    output.String("id"u8, "doc:" + count++);
                    WriteData(block, output);
                    output.EndObject();
                }
            }
        }

        if (count > 0)
        {
            output.EndArray();
        }

        return count > 0;
    }

    /// <summary>Writes the block as the value of <c>data</c>.</summary>
    public static void WriteData(Block block, JsonWriter output)
    {
        if (block.Kind == BlockKind.Json)
        {
            output.Raw("data"u8, block.Input);
            return;
        }

        output.StartObject("data"u8);
        output.TextIfPresent("title"u8, block.Title);
        output.TextIfPresent("context"u8, block.Context);
        if (block.Kind == BlockKind.SearchResult)
        {
            output.TextIfPresent("url"u8, block.Data);
        }

        output.Name("text"u8);
        PooledBuffer raw = output.Output;
        raw.Write((byte)'"');
        OpenAI.Content.PartWriter.AppendText(block, raw);
        raw.Write((byte)'"');
        output.EndObject();
    }

    /// <summary>Whether documents are cited: null when the request does not say.</summary>
    public static bool? AreCited(JsonNode options)
    {
        JsonText mode = options["mode"u8].Text;
        return mode.IsNullOrEmpty ? null : !(mode.Is("OFF"u8) || mode.Is("DISABLED"u8));
    }

    /// <summary>Whether the documents of all turns are to be cited: yes once one of them is, no when one is not, null when none says.</summary>
    public static bool? AreCited(ChatRequest request)
    {
        bool? cited = null;
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                cited = Is(block) && block.CitationsEnabled is { } said ? said || cited == true : cited;
            }
        }

        return cited;
    }

    private static void ReadFields(JsonNode document, Block block, IrArena arena)
    {
        block.Source = MediaSource.Text;
        JsonNode data = document["data"u8].IsMissing ? document : document["data"u8];
        block.Text = data.Text;
        bool isPlain = data["text"u8].IsString;
        foreach (JsonMember member in data.Members)
        {
            isPlain &= member.Value.IsString && (member.Name.Is("text"u8) || member.Name.Is("title"u8) || member.Name.Is("context"u8)
                || member.Name.Is("id"u8));
        }

        if (isPlain)
        {
            block.Text = data["text"u8].Text;
            block.Title = data["title"u8].Text;
            block.Context = data["context"u8].Text;
        }
        else if (block.Text.IsAbsent)
        {
            // The model is shown the fields as they are.
            using var words = new PooledBuffer(data.Raw.Raw.Length + 16);
            JsonEscaping.Escape(data.Raw.Span, words);
            block.Text = arena.StoreText(words.Span);
        }

        JsonText id = document["id"u8].Text;
        if (block.Title.IsNullOrEmpty && !id.IsNullOrEmpty && !id.Span.StartsWith("doc:"u8))
        {
            block.Title = id;
        }
    }
}
