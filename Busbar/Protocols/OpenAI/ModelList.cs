using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// The list of models, which most compatible hosts have too. When a model was released is unknown here, for which the vendor uses the epoch.
/// </summary>
internal static class ModelList
{
    /// <summary>Writes it.</summary>
    public static void Write(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
        output.StartObject();
        output.Literal("object"u8, "list"u8);
        output.StartArray("data"u8);
        foreach (ListedModel model in models)
        {
            output.StartObject();
            WriteEntry(model, output);
            output.EndObject();
        }

        output.EndArray();
        output.EndObject();
    }

    /// <summary>Writes the members of one entry.</summary>
    public static void WriteEntry(ListedModel model, JsonWriter output)
    {
        output.String("id"u8, model.Name);
        output.Literal("object"u8, "model"u8);
        output.Number("created"u8, 0);
        output.Literal("owned_by"u8, "system"u8);
    }
}
