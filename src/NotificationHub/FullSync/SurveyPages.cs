using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>A page that a survey has read.</summary>
/// <param name="Number">The number that it was read under.</param>
/// <param name="Place">Where it is; empty for the first one.</param>
internal sealed record SurveyPage(long Number, string Place);

/// <summary>The statements over <c>survey_page</c>: what a survey has read itself, whatever else was read meanwhile.</summary>
internal static class SurveyPages
{
    public static Task<IReadOnlyList<SurveyPage>> ReadAsync(WriteTransaction transaction, Survey survey) =>
        transaction.QueryAsync<SurveyPage>(
            "select number, place from survey_page where location_id = @LocationId and resource = @Resource",
            survey
        );

    public static Task AddAsync(WriteTransaction transaction, Survey survey, long number) =>
        transaction.ExecuteAsync(
            "insert into survey_page (location_id, resource, number, place) values (@LocationId, @Resource, @number, @Place)",
            new
            {
                survey.LocationId,
                survey.Resource,
                number,
                Place = survey.Place ?? "",
            }
        );

    public static Task ForgetAsync(WriteTransaction transaction, Survey survey) =>
        transaction.ExecuteAsync(
            "delete from survey_page where location_id = @LocationId and resource = @Resource",
            survey
        );
}
