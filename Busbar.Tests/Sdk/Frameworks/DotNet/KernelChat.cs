using System.Text;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;
using OpenAI;

namespace Busbar.Tests.Sdk.Frameworks;

/// <summary>Semantic Kernel, whose functions the caller runs.</summary>
internal static class KernelChat
{
    /// <summary>Asks through <paramref name="openai"/>.</summary>
    public static async Task<Answer> AskAsync(OpenAIClient openai, Question question)
    {
        var service = new OpenAIChatCompletionService(question.Model, openai);
        var called = new List<Call>();
        KernelFunction[] functions =
        [
            KernelFunctionFactory.CreateFromMethod((string city, int days, double exact) => "", "get_weather"),
            KernelFunctionFactory.CreateFromMethod((string zone) => "", "get_time"),
        ];
        var settings = new OpenAIPromptExecutionSettings
        {
            FunctionChoiceBehavior = question.Tools is null ? null : FunctionChoiceBehavior.Auto(functions, autoInvoke: false),
            ResponseFormat = question.Schema is { } schema ? OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat(
                "answer", BinaryData.FromString(schema.GetRawText())) : null,
        };
        var history = new ChatHistory();
        history.AddUserMessage(question.Image is { } image
            ? [new TextContent(question.Prompt), new ImageContent(Convert.FromBase64String(image), "image/png")]
            : [new TextContent(question.Prompt)]);
        while (true)
        {
            ChatMessageContent message = question.Stream ? await GatherAsync(service, history, settings)
                : await service.GetChatMessageContentAsync(history, settings, new Kernel());
            FunctionCallContent[] calls = [.. FunctionCallContent.GetFunctionCalls(message)];
            if (calls.Length == 0)
            {
                return new(message.Content, called);
            }

            history.Add(message);
            foreach (FunctionCallContent call in calls)
            {
                called.Add(new(call.FunctionName, call.Arguments!.ToDictionary()));
                history.Add(new FunctionResultContent(call, $"result of {call.FunctionName}").ToChatMessage());
            }
        }
    }

    private static async Task<ChatMessageContent> GatherAsync(
        OpenAIChatCompletionService service, ChatHistory history, PromptExecutionSettings settings)
    {
        var text = new StringBuilder();
        var calls = new FunctionCallContentBuilder();
        await foreach (StreamingChatMessageContent chunk in service.GetStreamingChatMessageContentsAsync(history, settings, new Kernel()))
        {
            text.Append(chunk.Content);
            calls.Append(chunk);
        }

        var message = new ChatMessageContent(AuthorRole.Assistant, text.ToString());
        foreach (FunctionCallContent call in calls.Build())
        {
            message.Items.Add(call);
        }

        return message;
    }
}
